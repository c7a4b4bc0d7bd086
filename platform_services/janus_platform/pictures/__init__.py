"""Pictures for a model that cannot see: size, colours, and the text in them (PP-OCRv6, in a wheel)."""
