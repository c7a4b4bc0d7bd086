"""A submission as it comes, and what is wrong with it, field by field."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from janus_mesh.errors import InvalidRequest
from janus_proto._gen.janus.competition.v1 import competition_pb2 as pb

TRANSPORTS = ("http", "grpc", "image")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*( (AND|OR|WITH) [A-Za-z0-9][A-Za-z0-9.+-]*)*")
# As OCI has it: host, path of small letters, then a tag or a digest.
_IMAGE = re.compile(
    r"([A-Za-z0-9.-]+(:\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?"
)
_SCHEMES = {"http": ("http", "https"), "grpc": ("grpc",)}
_LONGEST = {"address": 512, "license": 64, "description": 300, "contact": 254}


@dataclass(frozen=True, slots=True)
class Form:
    """A submission whose every field is sound."""

    name: str
    address: str
    transport: str
    license: str
    description: str
    contact: str


def checked(given: pb.Submission) -> Form:
    """Raises `InvalidRequest` naming the first field that is wrong."""
    form = Form(
        name=given.name.strip(),
        address=given.address.strip(),
        transport=given.transport.strip(),
        license=given.license.strip(),
        description=" ".join(given.description.split()),
        contact=given.contact.strip(),
    )
    if not _NAME.fullmatch(form.name):
        raise _wrong("name", "small letters, digits and dashes; 2 to 63 of them")
    if form.transport not in TRANSPORTS:
        raise _wrong("transport", f"one of {', '.join(TRANSPORTS)}")
    for field, longest in _LONGEST.items():
        value = getattr(form, field)
        if not value:
            raise _wrong(field, "must not be empty")
        if len(value) > longest or not value.isprintable():
            raise _wrong(field, f"at most {longest} printable characters")
    _require_address(form)
    if not _LICENSE.fullmatch(form.license):
        raise _wrong("license", "an SPDX identifier such as MIT, or `proprietary`")
    if not _EMAIL.fullmatch(form.contact):
        raise _wrong("contact", "an e-mail address")
    return form


def _require_address(form: Form) -> None:
    if form.transport == "image":
        if not _IMAGE.fullmatch(form.address):
            raise _wrong("address", "an image reference such as ghcr.io/you/agent:1.0")
        return
    schemes = _SCHEMES[form.transport]
    try:
        parts = urlsplit(form.address)
        sound = parts.scheme in schemes and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        sound = False
    if not sound or " " in form.address:
        raise _wrong(
            "address", f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)} and name a host"
        )


def _wrong(field: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"{field}: {what}", param=field)
