"""OpenAI's JSON as messages of the mesh: what the edge takes in, and what the bench asks.

Not imported by `janus_mesh` itself, because most services never see such JSON.
"""

from .chat_request import ParsedRequest, parse_chat_request, read_chat_request
from .schema import request_schema

__all__ = ["ParsedRequest", "parse_chat_request", "read_chat_request", "request_schema"]
