"""A competitor's JSON, chunk by chunk or whole, as typed `ChatEvent`s.

`AnswerEvents` is the way in. `json_fields` reads single fields, `choice_events` one choice, and
`tool_calls`, `content_parts`, `surrogates` and `usage` what needs rules of its own.
"""

from .answer_events import AnswerEvents

__all__ = ["AnswerEvents"]
