"""Web fetch: one page for a caller, without letting the caller reach anything but the public web.

Read in this order: `destination` (what may be asked for), `addresses` and `network` (where it may lead),
`unpacking` and `download` (what may come back), `extraction` (what is made of it), `routes`.
"""
