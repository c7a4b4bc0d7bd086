"""What every isolating backend stands on: a locked folder, control groups, and users for the sandboxes."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Self

from janus_mesh.errors import Unavailable

from . import cgroups
from .instance import Instance, sweep
from .limits import Limits

_GROUPS = "janus-sandbox"
# Where neither people nor other containers have their ids.
_USERS = range(1_900_000_000, 2_000_000_000)


class Ground:
    """Made by `open`; `close` gives everything back."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.tree = cgroups.choose(f"{_GROUPS}/{instance.name}")
        self._users = set[int]()

    @classmethod
    def open(cls, state: Path, end_others: Callable[[Path], int]) -> Self:
        """Ends what dead services left in `state`, then takes a folder there.

        `end_others(folder)` ends the sandboxes that are in no group of ours, and counts them. Raises
        `Unavailable`, saying what is missing.
        """

        def end(folder: Path) -> int:
            return _end_groups(folder.name) + end_others(folder)

        try:
            sweep(state, end)
            return cls(Instance.create(state))
        except OSError as error:
            raise Unavailable(f"cannot use {error.filename or state}: {error.strerror}") from None

    @property
    def folder(self) -> Path:
        return self._instance.folder

    @property
    def name(self) -> str:
        """Of this service, among all of the machine."""
        return self._instance.name

    def new_user(self) -> int | None:
        """A uid that no other sandbox has; None for a service that may not give any."""
        return self.new_user_of(_USERS) if os.geteuid() == 0 else None

    def new_user_of(self, users: range) -> int:
        """One of these that no other sandbox has."""
        while (user := secrets.choice(users)) in self._users:
            pass
        self._users.add(user)
        return user

    def forget_user(self, user: int | None) -> None:
        if user is not None:
            self._users.discard(user)

    def new_group(self, name: str, limits: Limits) -> cgroups.Group | None:
        """A control group; None where none can be had. Raises `Unavailable`."""
        try:
            return self.tree.create(name, limits) if self.tree else None
        except OSError as error:
            raise Unavailable(f"no control group for a sandbox: {error}") from error

    def close(self) -> None:
        _end_groups(self.name)
        self._instance.remove()


def _end_groups(instance: str) -> int:
    """Ends the sandboxes in the groups of a service."""
    ended = 0
    for tree in cgroups.existing(f"{_GROUPS}/{instance}"):
        for group in tree.leftover():
            group.remove()
            ended += 1
        tree.remove()
    return ended
