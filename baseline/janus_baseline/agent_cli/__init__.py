"""The reference HTTP competitor: what a miner submits, in its simplest good form.

`choice` decides between two paths. `fast_path` answers straight from the platform's inference proxy;
`complex_path` has an agent work in a sandbox (`workplace`) with what `pack` gives it.
"""
