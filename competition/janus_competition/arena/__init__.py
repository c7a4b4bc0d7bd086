"""Blind battles, votes, and the ratings that follow from them."""
