"""The events of one answer over time, as an inline SVG: a mark for each, in a colour for each kind."""

from janus_bench.quality.record import TaskRecord

_WIDTH, _LEFT, _ROW = 640, 84, 12
_COLOURS = {
    "content": "#1a7f5a",
    "reasoning": "#7a5cc7",
    "tool_call": "#c2410c",
    "step": "#b0892b",
    "artifact": "#0b7285",
    "refusal": "#8a1c1c",
    "ping": "#9aa0a6",
    "usage": "#5f6368",
    "finish": "#202124",
    "error": "#d0021b",
}


def timeline(record: TaskRecord) -> str:
    """Rows are kinds; marks closer than a pixel are one."""
    length = max(record.timing.latency_s, *(t for t, _, _ in record.events), 1e-6)
    kinds = [kind for kind in _COLOURS if any(event[1] == kind for event in record.events)]
    if not kinds:
        return ""
    height = _ROW * len(kinds) + 18
    parts = [f'<svg class="timeline" viewBox="0 0 {_LEFT + _WIDTH + 8} {height}" role="img">']
    for row, kind in enumerate(kinds):
        y = row * _ROW
        columns = sorted({round(_WIDTH * t / length) for t, k, _ in record.events if k == kind})
        marks = "".join(f"M{_LEFT + x} {y + 1}v{_ROW - 3}" for x in columns)
        count = sum(event[1] == kind for event in record.events)
        parts.append(f'<text x="0" y="{y + 9}">{kind} ({count})</text>')
        parts.append(f'<path d="{marks}" stroke="{_COLOURS[kind]}" stroke-width="1.5"/>')
    axis = _ROW * len(kinds) + 2
    parts.append(f'<path d="M{_LEFT} {axis}h{_WIDTH}" stroke="#c8ccd0"/>')
    for share in (0.0, 0.5, 1.0):
        x = _LEFT + _WIDTH * share
        anchor = {0.0: "start", 0.5: "middle", 1.0: "end"}[share]
        parts.append(f'<text x="{x:g}" y="{axis + 12}" text-anchor="{anchor}">{length * share:.3g} s</text>')
    return "".join([*parts, "</svg>"])
