"""Where every log line of the stack goes: raw to its file, rendered to the screen if there is one."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from .log_files import RotatingLog
from .log_view import render
from .screen import Screen
from .state import Home

SUPERVISOR = "supervisor"


class Journal:
    """Takes the services' lines and the supervisor's own notes."""

    def __init__(self, home: Home, services: Iterable[str], screen: Screen | None) -> None:
        home.make()
        self._files = {name: RotatingLog(home.log(name)) for name in (*services, SUPERVISOR)}
        self._screen = screen

    def line(self, service: str, raw: bytes) -> None:
        """One line of a service's output."""
        self._files[service].write(raw)
        if self._screen is not None:
            shown = render(service, raw.decode("utf-8", "replace"), self._screen.style)
            if shown is not None:
                self._screen.show(shown)

    def note(self, level: str, event: str, **fields: object) -> None:
        """A line of the supervisor itself, in the form of the services' lines."""
        moment = datetime.now(UTC).isoformat()
        entry = {"event": event, "level": level, "timestamp": moment, "service": SUPERVISOR, **fields}
        self.line(SUPERVISOR, json.dumps(entry, default=str).encode())

    def close(self) -> None:
        for file in self._files.values():
            file.close()
