"""Figures from 0 to 100 with their intervals, as bars in an inline SVG."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from janus_bench.quality.record import Interval

_LEFT, _WIDTH, _RIGHT, _ROW = 150, 400, 250, 26


class Bar(NamedTuple):
    """One figure, and what is said of it behind its value."""

    name: str
    figure: Interval
    note: str


def bars(title: str, shown: Sequence[Bar]) -> str:
    """The bars under each other; `title` is for those who do not see them."""
    height = _ROW * len(shown) + 20
    told = "; ".join(f"{bar.name} {bar.figure.value:.1f}" for bar in shown)
    size = f"0 0 {_LEFT + _WIDTH + _RIGHT} {height}"
    parts = [f'<svg class="bars" viewBox="{size}" role="img" aria-label="{escape(f"{title}: {told}")}">']
    for tick in (0, 25, 50, 75, 100):
        x = _x(tick)
        parts.append(f'<path d="M{x:g} 0V{height - 16}" stroke="#e3e5e8"/>')
        parts.append(f'<text x="{x:g}" y="{height - 3}" text-anchor="middle" class="faint">{tick}</text>')
    for row, bar in enumerate(shown):
        parts.extend(_row(bar, row * _ROW))
    return "".join([*parts, "</svg>"])


def _row(bar: Bar, y: int) -> list[str]:
    figure, middle = bar.figure, y + _ROW / 2 - 2
    low, high = _x(figure.low), _x(figure.high)
    ends = f"M{low:.1f} {middle - 4:g}v8M{high:.1f} {middle - 4:g}v8"
    return [
        f'<text x="{_LEFT - 10}" y="{middle + 4:g}" text-anchor="end">{escape(bar.name)}</text>',
        (
            f'<rect x="{_LEFT}" y="{y + 3}" width="{_x(figure.value) - _LEFT:.1f}" height="{_ROW - 10}" '
            'rx="2" fill="#63b995"/>'
        ),
        f'<path d="M{low:.1f} {middle:g}H{high:.1f}{ends}" stroke="#1f2937" fill="none"/>',
        (
            f'<text x="{_LEFT + _WIDTH + 12}" y="{middle + 4:g}">{figure.value:.1f} '
            f'<tspan class="faint">{figure.low:.1f} to {figure.high:.1f}{escape(bar.note)}</tspan></text>'
        ),
    ]


def _x(value: float) -> float:
    return _LEFT + _WIDTH * value / 100
