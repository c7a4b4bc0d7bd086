"""The mesh's messages and stubs; all of it is generated, see `_gen`."""
