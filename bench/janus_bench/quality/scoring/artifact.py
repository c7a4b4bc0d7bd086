"""Files that came with an answer: what they claim of themselves, and what is in them."""

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from janus_bench.quality.task import Answer, ArtifactBytes, Score

from .patterns import Pattern, found_in
from .picture import PictureWish, picture_fault
from .rule import Means, Rule, verdict

if TYPE_CHECKING:
    from .rules import AnyRule

_SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Artifact(Rule):
    """At least one artifact is all that is said here; one that lies about its hash never is.

    `text` is a rule for the file's content, decoded as UTF-8.
    """

    kind: Literal["artifact"]
    mime_types: frozenset[str] = Field(frozenset(), description="One of these; parameters are not looked at.")
    name: Pattern | None = Field(None, description="A pattern (RE2) found in its name.")
    sha256: _SHA256 | None = None
    min_bytes: int = Field(1, ge=0)
    max_bytes: int = Field(32 * 1024 * 1024, ge=1)
    image: PictureWish | None = None
    text: "AnyRule | None" = None
    most: int = Field(8, ge=1, description="More artifacts than this are a flood, and none is looked at.")

    async def judge(self, answer: Answer, means: Means, /) -> Score:
        if not answer.artifacts:
            return verdict(False, "brings no artifact")
        if len(answer.artifacts) > self.most:
            return verdict(False, f"brings {len(answer.artifacts)} artifacts, more than {self.most}")
        scores = [await self._one(artifact, means) for artifact in answer.artifacts]
        return max(scores, key=lambda score: score.value)

    async def _one(self, artifact: ArtifactBytes, means: Means) -> Score:
        if fault := self._fault(artifact):
            return verdict(False, f"{artifact.name[:80]!r}: {fault}")
        if self.image is not None and (
            fault := picture_fault(artifact.content, artifact.mime_type, self.image)
        ):
            return verdict(False, f"{artifact.name[:80]!r}: {fault}")
        if self.text is None:
            return verdict(True, f"{artifact.name[:80]!r} is as wanted")
        try:
            content = artifact.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return verdict(False, f"{artifact.name[:80]!r}: is no text in UTF-8")
        return await self.text.judge(Answer(content=content), means)

    def _fault(self, artifact: ArtifactBytes) -> str:
        """What is wrong with the file as a whole; nothing is ''."""
        digest, size = hashlib.sha256(artifact.content).hexdigest(), len(artifact.content)
        mime = artifact.mime_type.partition(";")[0].strip().lower()
        if artifact.sha256.lower() != digest:
            return "its SHA-256 is not the one that it claims"
        if self.mime_types and mime not in self.mime_types:
            return f"is {mime[:80]}, not {' or '.join(sorted(self.mime_types))}"
        if self.name is not None and not found_in(self.name, artifact.name):
            return f"its name does not match {self.name!r}"
        if self.sha256 is not None and digest != self.sha256:
            return "is not the wanted file"
        if not self.min_bytes <= size <= self.max_bytes:
            return f"has {size:,} bytes, not {self.min_bytes:,} to {self.max_bytes:,}"
        return ""
