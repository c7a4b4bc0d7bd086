"""`janus logs`: the services' log files, rendered, the last lines first and new ones as they come."""

import os
import sys
import time

from . import services
from .journal import SUPERVISOR
from .log_files import Follower, last_lines
from .log_view import Style, render, timestamp_of
from .screen import style_of
from .state import Home

_POLL_SECONDS = 0.2


def run(service: str | None, *, follow: bool, lines: int) -> int:
    """Shows the logs of one service, or of all in the order of their times."""
    home = Home.from_environment(os.environ)
    known = [*(one.name for one in services.resolve({}).services), SUPERVISOR]
    if service is not None and service not in known:
        sys.stderr.write(f"janus: there is no service {service!r}: one of {', '.join(known)}\n")
        return 2
    chosen = [service] if service else known
    style = style_of(1, os.environ)
    followers = {name: Follower(home.log(name)) for name in chosen}
    _show_last(home, chosen, lines, style)
    try:
        while follow:
            for name, follower in followers.items():
                for line in follower.new_lines():
                    _show(name, line, style)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        return 130
    return 0


def _show_last(home: Home, chosen: list[str], count: int, style: Style) -> None:
    dated = []
    for name in chosen:
        moment = ""
        for line in last_lines(home.log(name), count):
            # A line without a time of its own belongs to the one before it.
            moment = timestamp_of(line) or moment
            dated.append((moment, name, line))
    if not dated:
        print(f"No logs in {os.path.relpath(home.logs)} yet.")
    dated.sort(key=lambda entry: entry[0])  # stable: equal times keep their order
    for _, name, line in dated[-count:] if count else []:
        _show(name, line, style)


def _show(name: str, line: str, style: Style) -> None:
    shown = render(name, line, style)
    if shown is not None:
        print(shown, flush=True)
