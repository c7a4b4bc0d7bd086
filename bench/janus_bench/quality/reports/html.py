"""The run as one HTML page that needs nothing else: no script, no network, nothing taken at its word.

Whatever a competitor said is escaped, and the page's own policy forbids it to load or run anything.
"""

import json
from collections.abc import Iterator
from dataclasses import fields
from html import escape

from janus_bench.quality.record import Component, Run, TaskRecord
from janus_bench.quality.summary import Spread, Summary, remarks, summary_of

from .bars import Bar, bars
from .timeline import timeline

_LONGEST_TEXT = 20_000
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root{color-scheme:light}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1f2937}
h1{font-size:1.5rem;margin:0}
h2{font-size:1.1rem;margin-top:2rem}
svg{max-width:100%;height:auto;display:block}
svg text{font:12px system-ui,sans-serif}
svg.timeline text{font-size:9px}
@media(max-width:40rem){svg.bars text{font-size:16px}}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #e3e5e8;vertical-align:top}
td.n,th.n{text-align:right}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f7f8;padding:.75rem;max-height:24rem;
overflow:auto;font-size:13px}
details{border-bottom:1px solid #e3e5e8}
summary{cursor:pointer;padding:.35rem 0}
summary .v{display:inline-block;min-width:4.5rem;font-weight:600}
.score{font-size:2.4rem;font-weight:650}
.faint{color:#5f6368;fill:#5f6368}
.bad{color:#b3261e}
.note{background:#fff7e0;border-left:3px solid #d9a400;padding:.4rem .75rem;margin:.4rem 0}
"""


def as_html(run: Run) -> str:
    title = f"{run.suite.name}: {run.target.competitor_id or run.target.model}"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            *_head(run, title),
            "<h2>Components</h2>",
            bars("Components", list(_components(run))),
            "<h2>Quality by benchmark</h2>",
            bars("Quality by benchmark", list(_benchmarks(run))),
            "<h2>Figures</h2>",
            *_figures(summary_of(run)),
            "<h2>Answers</h2>",
            *(part for record in run.tasks for part in _answer(record)),
            "<h2>How it was measured</h2>",
            *_measured(run),
            "</body></html>\n",
        ]
    )


def _head(run: Run, title: str) -> Iterator[str]:
    whole = run.composite
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="faint">{escape(run.target.url)}, {escape(run.created_at)}, {escape(run.id)}</p>'
    yield f'<p><span class="score">{whole.value:.1f}</span> of 100, '
    yield f"95 % interval {whole.low:.1f} to {whole.high:.1f}</p>"
    for remark in remarks(run):
        yield f'<p class="note">{escape(remark)}</p>'


def _components(run: Run) -> Iterator[Bar]:
    for field in fields(run.components):
        component: Component = getattr(run.components, field.name)
        note = f"weight {component.weight:g}" if component.n else "not measured"
        yield Bar(field.name, component, f", {note}")


def _benchmarks(run: Run) -> Iterator[Bar]:
    for name, figure in run.benchmarks.items():
        yield Bar(name, figure, f", {figure.n} tasks")


def _figures(told: Summary) -> Iterator[str]:
    yield '<table><tr><th></th><th class="n">p50</th><th class="n">p95</th></tr>'
    for name, spread in (
        ("time to first token", told.ttft_s),
        ("time per token after the first", told.itl_s),
        ("whole answer", told.latency_s),
        ("longest gap", told.max_gap_s),
    ):
        yield _figure_row(name, spread)
    yield "</table><p>"
    cost = "not metered" if told.cost_usd is None else f"{told.cost_usd:.6f} US dollars"
    yield f"{told.completion_tokens} completion tokens, {cost}; "
    yield f"{told.failed} failed, {told.unscored} unscored.</p>"


def _figure_row(name: str, spread: Spread) -> str:
    cells = "".join(f'<td class="n">{_seconds(value)}</td>' for value in (spread.p50, spread.p95))
    return f"<tr><td>{escape(name)}</td>{cells}</tr>"


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.1f} ms"


def _answer(record: TaskRecord) -> Iterator[str]:
    failure, score = record.answer.failure, record.score
    value = "unscored" if score is None else f"{100 * score.value:.0f}"
    grade = "v" if score is not None and score.value >= 0.5 else "v bad"
    repeat = f", repeat {record.repeat}" if record.repeat else ""
    yield f'<details><summary><span class="{grade}">{value}</span> {escape(record.id)} '
    yield f'<span class="faint">{escape(record.benchmark)} / {escape(record.category)}{repeat}, '
    yield f"{record.timing.latency_s:.2f} s</span></summary>"
    if failure is not None:
        kind = f"{failure.type} {failure.code or ''}"
        yield f'<p class="bad">{escape(kind)}: {escape(failure.message)}</p>'
    if score is not None and score.explanation:
        yield f"<p>{escape(score.explanation)}</p>"
    if record.error:
        yield f'<p class="note">{escape(record.error)}</p>'
    yield timeline(record)
    yield _text("Asked", json.dumps(record.request, ensure_ascii=False, indent=1))
    yield _text("Reasoning", record.answer.reasoning)
    for call in record.answer.tool_calls:
        yield _text(f"Calls {call.name}", call.arguments or "without arguments")
    for file in record.answer.artifacts:
        yield f"<p>File {escape(file.name)}: {escape(file.mime_type)}, {file.size_bytes} bytes, "
        yield f"SHA-256 {escape(file.sha256)}</p>"
    yield _text("Answered", record.answer.content)
    yield "</details>"


def _text(title: str, text: str) -> str:
    if not text:
        return ""
    rest = len(text) - _LONGEST_TEXT
    more = f"\n[{rest} more characters stand in the run's JSON]" if rest > 0 else ""
    return f"<p><b>{escape(title)}</b></p><pre>{escape(text[:_LONGEST_TEXT])}{more}</pre>"


def _measured(run: Run) -> Iterator[str]:
    yield "<table>"
    settings = {field.name: getattr(run.config, field.name) for field in fields(run.config)}
    told = {
        "suite": f"{run.suite.name}, {run.suite.tasks} tasks, digest {run.suite.digest}",
        "transport": run.target.transport,
        "seed": run.seed,
        **{name: value for name, value in settings.items() if value is not None},
        **run.environment.versions,
        **run.environment.machine,
    }
    for name, value in told.items():
        yield f"<tr><td>{escape(str(name))}</td><td>{escape(str(value))}</td></tr>"
    yield "</table>"
