"""A sweep as one SVG: answers per second above, time to first token below, over the load."""

import math
from collections.abc import Callable, Iterator, Sequence
from xml.sax.saxutils import escape

from .figures import StepFigures

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 640, 180, 64, 48, 56
_SERIES = ("#1a7f5a", "#c2410c", "#3f6fb5")
Line = tuple[str, list[float | None]]


def as_svg(steps: Sequence[StepFigures], saturation: float | None, title: str) -> str:
    """The chart, as a stand-alone document."""
    height = _TOP + 2 * (_HEIGHT + _GAP)
    unit = "requests per second offered" if steps[0].mode == "open" else "requests at a time"
    rates: list[Line] = [
        ("throughput", [step.throughput for step in steps]),
        ("goodput", [step.goodput for step in steps]),
    ]
    waits: list[Line] = [
        (name, [1000 * getattr(step.ttft, name) if step.ttft else None for step in steps])
        for name in ("p50", "p99", "p999")
    ]
    levels = [step.level for step in steps]
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 120}" height="{height}" '
            'font-family="system-ui, sans-serif" font-size="12">'
        ),
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="16" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
        *_panel("answers per second", unit, levels, rates, saturation, _TOP, logarithmic=False),
        *_panel(
            "time to first token, ms",
            unit,
            levels,
            waits,
            saturation,
            _TOP + _HEIGHT + _GAP,
            logarithmic=True,
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(
    title: str,
    unit: str,
    levels: Sequence[float],
    lines: Sequence[Line],
    saturation: float | None,
    top: int,
    *,
    logarithmic: bool,
) -> Iterator[str]:
    values = [value for _, line in lines for value in line if value is not None and value > 0]
    low, high = (min(values, default=1.0) if logarithmic else 0.0), max(values, default=1.0)
    across = _scale(min(levels), max(levels), _LEFT, _LEFT + _WIDTH, logarithmic=True)
    up = _scale(low, high, top + _HEIGHT, top + 16, logarithmic=logarithmic)
    axis = top + _HEIGHT
    yield f'<text x="{_LEFT}" y="{top + 4}" font-weight="600">{escape(title)}</text>'
    yield f'<path d="M{_LEFT} {axis}h{_WIDTH}" stroke="#c8ccd0"/>'
    for level in levels:
        yield _faint(across(level), axis + 15, f"{level:g}", "middle")
    yield _faint(_LEFT, axis + 30, unit, "start")
    for value in sorted({low, high}):
        yield _faint(_LEFT - 8, up(value) + 4, f"{value:.3g}", "end")
    if saturation is not None:
        x = across(saturation)
        yield f'<path d="M{x:.0f} {top + 12}V{top + _HEIGHT}" stroke="#9aa0a6" stroke-dasharray="4 3"/>'
        yield _faint(x + 4, top + 22, "saturation", "start")
    for colour, (name, line) in zip(_SERIES, lines, strict=False):
        points = [(across(level), up(value)) for level, value in zip(levels, line, strict=True) if value]
        if points:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
            x, y = points[-1]
            yield f'<text x="{x + 10:.0f}" y="{y + 4:.0f}" fill="{colour}">{name}</text>'


def _faint(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="#5f6368">{escape(text)}</text>'


def _scale(
    low: float, high: float, start: float, end: float, *, logarithmic: bool
) -> Callable[[float], float]:
    """Where a value lies on an axis; a single value lies at its beginning."""

    def place(value: float) -> float:
        if high <= low:
            return start
        if logarithmic:
            return start + (end - start) * math.log(value / low) / math.log(high / low)
        return start + (end - start) * (value - low) / (high - low)

    return place
