"""Work that must not happen in the proxy's own process, in one of its own.

Native code over hostile input (a page's HTML) or over much of it (embeddings) may crash, hang, or hold the
interpreter; in a child it takes nobody along and can be ended. `Worker` is the parent's side, `serve` the
child's. A message is a line of JSON with the length of the bytes after it.
"""
