"""The main figures of a run as one SVG: a panel of bars for each, on a logarithmic axis.

The peers lie two orders of magnitude apart, so each axis is logarithmic and each bar says its value.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .driver import Run
from .figures import Spread
from .results import Figure, Results

_PANEL_WIDTH, _MARGIN, _BAR, _GAP, _HEAD = 460, 24, 16, 8, 46
_NAME_WIDTH, _VALUE_WIDTH = 76, 70
_PLOT_WIDTH = _PANEL_WIDTH - _NAME_WIDTH - _VALUE_WIDTH
_COLOURS = {"direct": "#9aa0a6", "janus": "#c2410c"}
_OTHERS = "#3f6fb5"
_COLUMNS = 2
_TITLE = "What streaming through each gateway costs"

_SHOWN = (
    ("rate", Figure.CPU_US_PER_TOKEN, "CPU per token, us", 0),
    ("ttft", Figure.TTFT_P50, "time to first token, p50 ms", 2),
    ("saturation", Figure.TOKENS_PER_SECOND, "tokens per second", 0),
    ("cancel", Figure.CANCEL_P99, "client leaves until work stops, p99 ms", 1),
    ("idle", Figure.RSS_KIB_PER_STREAM, "memory per idle stream, KiB", 1),
)


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure of one case, by target."""

    title: str
    digits: int
    bars: tuple[tuple[str, Spread], ...]

    @property
    def height(self) -> int:
        return _HEAD + len(self.bars) * (_BAR + _GAP) + _MARGIN


def as_svg(run: Run) -> str:
    """The chart, as a stand-alone document."""
    return "\n".join(_document(list(panels(run.results, list(run.versions))), str(run.machine))) + "\n"


def panels(results: Results, targets: Sequence[str]) -> Iterator[Panel]:
    """Every figure that can stand on a logarithmic axis, case by case."""
    for scenario, figure, title, digits in _SHOWN:
        for case in results.cases(scenario):
            spreads = ((target, results.value(scenario, case, target, figure)) for target in targets)
            bars = tuple((target, spread) for target, spread in spreads if spread and spread.low > 0)
            if bars:
                yield Panel(f"{case}: {title}", digits, bars)


def _document(shown: Sequence[Panel], subtitle: str) -> Iterator[str]:
    rows = [shown[n : n + _COLUMNS] for n in range(0, len(shown), _COLUMNS)]
    heights = [max(panel.height for panel in row) for row in rows]
    width = _MARGIN + _COLUMNS * (_PANEL_WIDTH + _MARGIN)
    top = 2 * _MARGIN + 20
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top + sum(heights)}" '
        'font-family="system-ui, sans-serif" font-size="12">'
    )
    yield '<rect width="100%" height="100%" fill="white"/>'
    yield f'<text x="{_MARGIN}" y="30" font-size="16" font-weight="600">{_TITLE}</text>'
    yield f'<text x="{_MARGIN}" y="50" fill="#5f6368">{escape(subtitle)}; logarithmic axes</text>'
    for row, height in zip(rows, heights, strict=True):
        for column, panel in enumerate(row):
            yield from _panel(panel, _MARGIN + column * (_PANEL_WIDTH + _MARGIN), top)
        top += height
    yield "</svg>"


def _panel(panel: Panel, x: int, y: int) -> Iterator[str]:
    low = math.floor(math.log10(min(spread.low for _, spread in panel.bars)))
    high = max(math.ceil(math.log10(max(spread.high for _, spread in panel.bars))), low + 1)

    def at(value: float) -> float:
        return _NAME_WIDTH + (math.log10(value) - low) / (high - low) * _PLOT_WIDTH

    bottom = _HEAD + len(panel.bars) * (_BAR + _GAP)
    yield f'<g transform="translate({x} {y})">'
    yield f'<text y="18" font-weight="600">{escape(panel.title)}</text>'
    for power in range(low, high + 1):
        line = at(10.0**power)
        yield f'<line x1="{line:.1f}" x2="{line:.1f}" y1="{_HEAD - 6}" y2="{bottom}" stroke="#e3e5e8"/>'
        yield (
            f'<text x="{line:.1f}" y="{_HEAD - 10}" text-anchor="middle" fill="#80868b" font-size="10">'
            f"{10.0**power:,g}</text>"
        )
    for number, (target, spread) in enumerate(panel.bars):
        yield from _bar(target, spread, panel.digits, _HEAD + number * (_BAR + _GAP), at)
    yield "</g>"


def _bar(target: str, spread: Spread, digits: int, y: int, at: Callable[[float], float]) -> Iterator[str]:
    middle, end = y + _BAR / 2, at(spread.median)
    colour = _COLOURS.get(target.partition("-")[0], _OTHERS)
    yield f'<text x="{_NAME_WIDTH - 8}" y="{middle + 4:.1f}" text-anchor="end">{escape(target)}</text>'
    width = max(1.0, end - _NAME_WIDTH)
    yield f'<rect x="{_NAME_WIDTH}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'
    if spread.high > spread.low:
        yield (
            f'<line x1="{at(spread.low):.1f}" x2="{at(spread.high):.1f}" y1="{middle:.1f}" y2="{middle:.1f}" '
            'stroke="black" stroke-opacity="0.55"/>'
        )
    yield f'<text x="{at(spread.high) + 6:.1f}" y="{middle + 4:.1f}">{spread.median:,.{digits}f}</text>'
