"""Vector index and search: each competitor's own collections of texts, found by meaning.

`store` says what a store is; `sqlite_store` keeps one in a file, `qdrant_store` in Qdrant,
`postgres_store` in PostgreSQL; `service` and `routes` serve it.
"""
