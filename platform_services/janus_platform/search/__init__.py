"""Web search: an engine where one is configured, else a full-text index of what was fetched and of `docs/`.

`engine` says what an engine is; `searxng` and `serper` are on the network, `local_index` is in a file.
"""
