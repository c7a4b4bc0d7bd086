"""What things cost: the table that ships with the package, or the operator's own."""

import tomllib
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Usd = Annotated[float, Field(ge=0, le=1_000_000)]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class ModelPrice(BaseModel):
    """Of every model whose name fits `name`, a pattern as in a shell."""

    model_config = _STRICT

    name: str = Field(min_length=1)
    prompt_per_million: Usd
    completion_per_million: Usd


class _Sandbox(BaseModel):
    model_config = _STRICT

    per_second: Usd = 0.0


class _Bytes(BaseModel):
    model_config = _STRICT

    per_gigabyte: Usd = 0.0


class Prices(BaseModel):
    """A price table, in US dollars."""

    model_config = _STRICT

    models: tuple[ModelPrice, ...]
    calls: dict[str, Usd] = Field(default_factory=dict)
    sandbox: _Sandbox = _Sandbox()
    bytes: _Bytes = _Bytes()

    def tokens(self, model: str, prompt: int, completion: int) -> float:
        """The cost of so many tokens; nothing for a model that no pattern fits."""
        for price in self.models:
            if fnmatchcase(model.lower(), price.name.lower()):
                cost = prompt * price.prompt_per_million + completion * price.completion_per_million
                return cost / 1_000_000
        return 0.0

    def call(self, service: str, size: int) -> float:
        """The cost of one call of a service that moved so many bytes."""
        return self.calls.get(service, 0.0) + size * self.bytes.per_gigabyte / 1_000_000_000


def load_prices(path: Path | None) -> Prices:
    """The table at `path`, or the package's own. Raises `OSError` when it cannot be used, with the reason."""
    if path is None:
        text = files(__package__).joinpath("prices.toml").read_text("utf-8")
    else:
        text = path.read_text("utf-8")
    try:
        return Prices.model_validate(tomllib.loads(text))
    except ValueError as error:  # of TOML and of pydantic alike
        raise OSError(f"{path or 'prices.toml'} is no price table: {error}") from None
