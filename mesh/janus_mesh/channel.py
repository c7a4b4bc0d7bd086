"""Channels to addresses of the mesh: plain for `grpc://`, TLS for `grpcs://`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import grpc

from . import logs

Options = Sequence[tuple[str, Any]]
Channel = Callable[[str, Options], grpc.aio.Channel]

log = logs.get("mesh.channel")


def insecure_channel(target: str, options: Options) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(target, options=list(options))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a peer is, and whether it is reached by TLS."""

    target: str  # as gRPC takes it
    secure: bool = False
    ca_file: str = ""  # PEM of the authorities to trust; empty: the system's

    @classmethod
    def parse(cls, address: str) -> "Address":
        """From the forms that `dial` takes."""
        if not address.startswith("grpcs://"):
            return cls(address.removeprefix("grpc://").rstrip("/"))
        target, _, query = address.removeprefix("grpcs://").partition("?")
        return cls(target.rstrip("/"), secure=True, ca_file=parse_qs(query).get("ca_file", [""])[0])

    def channel(self, target: str, options: Options) -> grpc.aio.Channel:
        """A channel to `target`, one of the addresses behind this one's name."""
        if not self.secure:
            return insecure_channel(target, options)
        # The certificate must be for the name, whichever of its addresses is dialled.
        options = [*options, ("grpc.default_authority", self.target)]
        return grpc.aio.secure_channel(target, self._credentials(), options=options)

    def _credentials(self) -> grpc.ChannelCredentials:
        if not self.ca_file:
            return grpc.ssl_channel_credentials()
        try:
            roots = Path(self.ca_file).read_bytes()
        except OSError as error:
            log.error("CA file not read, no connection will be made", file=self.ca_file, reason=str(error))
            roots = b"none"  # not a certificate, so that every handshake fails; empty could mean the system's
        return grpc.ssl_channel_credentials(root_certificates=roots)
