"""What things cost: the table that ships with the package, or the operator's own."""

import tomllib
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .account import Tokens

Usd = Annotated[float, Field(ge=0, le=1_000_000)]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class ModelPrice(BaseModel):
    """Of every model whose name fits `name`, a pattern as in a shell."""

    model_config = _STRICT

    name: str = Field(min_length=1)
    prompt_per_million: Usd
    completion_per_million: Usd
    # Of prompt tokens that the provider read from its cache, and wrote to it; by default as the others.
    cached_prompt_per_million: Usd | None = None
    cache_write_per_million: Usd | None = None

    def cost(self, tokens: Tokens) -> float:
        """US dollars for the tokens of one call. Reasoning tokens are part of the completion's."""
        cached = min(tokens.cached, tokens.prompt)
        written = min(tokens.cache_written, tokens.prompt - cached)
        return (
            (tokens.prompt - cached - written) * self.prompt_per_million
            + cached * _or(self.cached_prompt_per_million, self.prompt_per_million)
            + written * _or(self.cache_write_per_million, self.prompt_per_million)
            + tokens.completion * self.completion_per_million
        ) / 1_000_000


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

    def tokens(self, model: str, tokens: Tokens) -> float:
        """The cost of one call's tokens; nothing for a model that no pattern fits."""
        for price in self.models:
            if fnmatchcase(model.lower(), price.name.lower()):
                return price.cost(tokens)
        return 0.0

    def call(self, service: str, size: int) -> float:
        """The cost of one call of a service that moved so many bytes."""
        return self.calls.get(service, 0.0) + size * self.bytes.per_gigabyte / 1_000_000_000


def _or(price: float | None, default: float) -> float:
    return default if price is None else price


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
