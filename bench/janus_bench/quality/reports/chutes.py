"""The run in the record shape of chutes-bench-runner: a run, its benchmarks, and their items."""

import json
import uuid
from typing import Any

from janus_bench.quality.record import Run, TaskRecord

_NAMESPACE = uuid.UUID("6d1f2f0e-0d6c-5c83-9d0b-3f6f1f8a8f10")
_CORRECT = 0.5  # what is worth this much or more counts as correct where only yes and no are known


def as_chutes(run: Run) -> str:
    document = {"run": _run(run), "benchmarks": [_details(run, name) for name in run.benchmarks]}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _id(*parts: object) -> str:
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))


def _run(run: Run) -> dict[str, Any]:
    model = run.target.competitor_id or run.target.model
    return {
        "id": _id(run.id),
        "model_id": model,
        "model_slug": model,
        "provider": "janus",
        "subset_pct": 100,
        "subset_count": run.config.subset,
        "subset_seed": str(run.seed),
        "status": "cancelled" if run.config.stopped else "succeeded",
        "selected_benchmarks": list(run.benchmarks),
        "overall_score": run.composite.value / 100,
        "error_message": None,
        "provider_metadata": {"janus_run_id": run.id, "content_sha256": run.content_sha256},
        "started_at": run.created_at,
        "completed_at": None,
        "created_at": run.created_at,
        "benchmarks": [_benchmark(run, name) for name in run.benchmarks],
    }


def _benchmark(run: Run, name: str) -> dict[str, Any]:
    records = _records(run, name)
    figures = run.benchmarks[name]
    return {
        "id": _id(run.id, name),
        "benchmark_name": name,
        "status": "cancelled" if run.config.stopped else "succeeded",
        "total_items": len(records),
        "completed_items": len(records),
        "sampled_items": len(records),
        "score": figures.value / 100,
        "metrics": {"score_low": figures.low / 100, "score_high": figures.high / 100, "tasks": figures.n},
        "error_message": None,
        "started_at": run.created_at,
        "completed_at": None,
    }


def _details(run: Run, name: str) -> dict[str, Any]:
    records = _records(run, name)
    items = [_item(run, record) for record in records]
    return {
        "benchmark": _benchmark(run, name),
        "items": {"items": items, "total": len(items), "limit": len(items), "offset": 0},
        "summary": _summary(records),
    }


def _item(run: Run, record: TaskRecord) -> dict[str, Any]:
    usage, failure = record.usage, record.answer.failure
    return {
        "id": _id(run.id, record.id, record.repeat),
        "item_id": record.id,
        "item_hash": None,
        "prompt": json.dumps(record.request, ensure_ascii=False),
        "response": record.answer.content,
        "expected": None,
        "is_correct": None if record.score is None else record.score.value >= _CORRECT,
        "score": None if record.score is None else record.score.value,
        "judge_output": None,
        "latency_ms": round(record.timing.latency_s * 1000),
        "input_tokens": usage.prompt_tokens if usage else None,
        "output_tokens": usage.completion_tokens if usage else None,
        "error": failure.message if failure else record.error,
        "item_metadata": {"category": record.category, "repeat": record.repeat},
        "created_at": run.created_at,
    }


def _summary(records: list[TaskRecord]) -> dict[str, Any]:
    used = [record.usage for record in records if record.usage is not None]
    read = sum(usage.prompt_tokens or 0 for usage in used)
    wrote = sum(usage.completion_tokens or 0 for usage in used)
    correct = sum(record.worth >= _CORRECT for record in records)
    errors = [record.answer.failure.message for record in records if record.answer.failure]
    return {
        "total_items": len(records),
        "correct": correct,
        "incorrect": len(records) - correct - len(errors),
        "errors": len(errors),
        "avg_latency_ms": 1000 * sum(record.timing.latency_s for record in records) / max(1, len(records)),
        "input_tokens": read,
        "output_tokens": wrote,
        "total_tokens": read + wrote,
        "total_cost_usd": sum(record.cost_usd or 0.0 for record in records),
        "error_breakdown": [
            {"message": message, "count": errors.count(message)} for message in sorted(set(errors))
        ],
    }


def _records(run: Run, benchmark: str) -> list[TaskRecord]:
    return [record for record in run.tasks if record.benchmark == benchmark]
