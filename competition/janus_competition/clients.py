"""Who stands behind a call, as a hash that says nothing to whoever reads the database."""

import hashlib
import hmac
from dataclasses import dataclass

from janus_proto._gen.janus.competition.v1 import client_pb2


@dataclass(frozen=True, slots=True)
class ClientHash:
    """`browser` is empty when the client has no cookie."""

    address: str
    browser: str


class Pseudonyms:
    """Turns addresses and cookies into hashes by a key, so that they can be told apart and not guessed."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, client: client_pb2.Client) -> ClientHash:
        browser = self._hash("browser", client.browser) if client.browser else ""
        return ClientHash(self._hash("address", client.address), browser)

    def _hash(self, kind: str, value: str) -> str:
        return hmac.new(self._key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()
