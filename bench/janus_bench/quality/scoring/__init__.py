"""What answers are worth: one rule for each `kind` of scoring, and `Scorers`, which applies them."""

from janus_bench.quality.task import ScoringUnavailable

from .judging import JudgeSettings
from .rules import AnyRule, parse_rule, pass_mark
from .scorers import Scorers

__all__ = ["AnyRule", "JudgeSettings", "Scorers", "ScoringUnavailable", "parse_rule", "pass_mark"]
