"""Estimates the tokens of an answer that nobody counted, from the length of its text."""

from dataclasses import dataclass

from janus_proto._gen.janus.chat.v1 import request_pb2

# Of English text in current tokenizers; other languages and code have fewer.
_BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens, at least 1 where there is any text."""

    prompt_tokens: int
    completion_tokens: int


def estimate(request: request_pb2.ChatRequest, answer_bytes: int) -> Estimate:
    """Estimates from the request's text, without pictures, sound and files, and the bytes of the answer's."""
    return Estimate(_tokens(sum(map(_text_bytes, request.messages))), _tokens(answer_bytes))


def _text_bytes(message: request_pb2.Message) -> int:
    if message.HasField("text"):
        return len(message.text.encode())
    return sum(len(part.text.encode()) for part in message.parts.parts)


def _tokens(size: int) -> int:
    return -(-size // _BYTES_PER_TOKEN)
