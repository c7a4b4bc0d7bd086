"""One verifiable instruction, such as "in fewer than fifty words"."""

from abc import ABC, abstractmethod
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Check(BaseModel, ABC):
    """Looks at a text alone, and needs no opinion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @abstractmethod
    def fault(self, text: str) -> str:
        """What the text does not keep; '' when it does."""


class Counted(Check):
    """Something of which there are at least `min` and at most `max`."""

    min: int = Field(0, ge=0)
    max: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min == 0 and self.max is None:
            raise ValueError("min: it or max is needed")
        if self.max is not None and self.max < self.min:
            raise ValueError("max: is less than min")
        return self

    def count_fault(self, count: int, what: str) -> str:
        if count < self.min:
            return f"{count} {what}, fewer than {self.min}"
        if self.max is not None and count > self.max:
            return f"{count} {what}, more than {self.max}"
        return ""
