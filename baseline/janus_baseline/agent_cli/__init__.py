"""The reference HTTP competitor: what a miner submits, in its simplest good form.

`fast_path` answers straight from the platform's inference proxy.
"""
