"""What a run becomes for people and for other tools."""

from collections.abc import Callable

from janus_bench.quality.record import Run

from .chutes import as_chutes
from .csv import as_csv
from .html import as_html
from .inspect_log import as_inspect_log

Export = Callable[[Run], str]

EXPORTS: dict[str, Export] = {
    "html": as_html,
    "csv": as_csv,
    "inspect": as_inspect_log,
    "chutes": as_chutes,
}
