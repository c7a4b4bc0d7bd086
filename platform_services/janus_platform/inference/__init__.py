"""The inference proxy: OpenAI's HTTP API over a real provider, or over the embedded model."""
