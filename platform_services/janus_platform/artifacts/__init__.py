"""The artifact store: files that competitors make, kept for a while, in a folder or an object store.

`descriptor` says what is known of one, `store` keeps them, `upload` and `download` are the two ways.
"""
