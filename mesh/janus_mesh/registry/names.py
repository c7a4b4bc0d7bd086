"""Ids and models of a registry, which must leave no doubt about which competitor is meant."""

from .entry import Entry, EntryInvalid


class Names:
    """The names taken so far.

    Competitors may share a model: that is how one stands in for another. An id belongs to one
    competitor alone, and the router's default model to none.
    """

    def __init__(self, default_model: str) -> None:
        self._default = default_model
        self._ids: set[str] = set()
        self._models: dict[str, str] = {}

    def add(self, entry: Entry) -> None:
        """Adds an entry's names; raises `EntryInvalid` when they clash with earlier ones."""
        if entry.id == self._default:
            raise EntryInvalid(("id",), f"`{entry.id}` is the router's default model")
        if entry.id in self._ids:
            raise EntryInvalid(("id",), f"`{entry.id}` is there already")
        if entry.id in self._models:
            raise EntryInvalid(("id",), f"`{entry.id}` is a model of `{self._models[entry.id]}`")
        seen: set[str] = set()
        for position, model in enumerate(entry.models):
            place = ("models", position)
            if model == self._default:
                raise EntryInvalid(place, f"`{model}` is the router's default model")
            if model in self._ids:
                raise EntryInvalid(place, f"`{model}` is the id of another competitor")
            if model in seen:
                raise EntryInvalid(place, f"`{model}` is listed twice")
            seen.add(model)
        self._ids.add(entry.id)
        for model in entry.models:
            if model != entry.id:
                self._models.setdefault(model, entry.id)
