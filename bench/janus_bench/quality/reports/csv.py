"""One line per answer, for spreadsheets."""

import csv
import io

from janus_bench.quality.record import Run, TaskRecord

_COLUMNS = (
    *("run_id", "task", "benchmark", "category", "repeat", "score", "explanation", "failure", "error"),
    *("ttft_s", "latency_s", "itl_s", "max_gap_s", "max_silence_s", "pings"),
    *("prompt_tokens", "completion_tokens", "cost_usd", "finish_reason", "answer"),
)
# What a spreadsheet would take for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(run: Run) -> str:
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(_COLUMNS)
    lines.writerows([_cell(value) for value in _row(run, record)] for record in run.tasks)
    return out.getvalue()


def _row(run: Run, record: TaskRecord) -> tuple[object, ...]:
    score, usage, timing, answer = record.score, record.usage, record.timing, record.answer
    return (
        *(run.id, record.id, record.benchmark, record.category, record.repeat),
        *((score.value, score.explanation) if score else (None, None)),
        *(answer.failure.code if answer.failure else None, record.error),
        *(
            timing.ttft_s,
            timing.latency_s,
            timing.itl_s,
            timing.max_gap_s,
            timing.max_silence_s,
            timing.pings,
        ),
        *((usage.prompt_tokens, usage.completion_tokens) if usage else (None, None)),
        *(record.cost_usd, answer.finish_reason, answer.content),
    )


def _cell(value: object) -> object:
    """Text of a competitor must not become a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
