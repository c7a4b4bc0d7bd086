"""The sandbox proxy: the Sandy API for competitors, each with its own sandboxes, their time metered.

`upstream` reaches the sandbox service, `holdings` knows whose each sandbox is and charges its time,
`proxy` puts the two together, `routes` says which calls there are.
"""
