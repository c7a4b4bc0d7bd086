"""Outlier ejection: when a competitor's failures take it out of the choice, and how it comes back.

`breaker` is the state machine, `streaks` counts failures per caller, `probes` bounds the requests that an
ejected competitor still gets.
"""

from .breaker import Breaker, Rules, Ticket

__all__ = ["Breaker", "Rules", "Ticket"]
