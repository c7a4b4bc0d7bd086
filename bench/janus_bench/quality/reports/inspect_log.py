"""The run as a JSON log of inspect-ai (log format 2), which `inspect view` opens."""

import json
from collections.abc import Mapping
from typing import Any

from janus_bench.quality.json_shapes import items, member, text
from janus_bench.quality.observation import Usage
from janus_bench.quality.record import Run, TaskRecord

_SCORER = "janus_bench"
_ROLES = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
_STOP_REASONS = {
    "stop": "stop",
    "length": "max_tokens",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}


def as_inspect_log(run: Run) -> str:
    model = f"janus/{run.target.competitor_id or run.target.model}"
    document = {
        "version": 2,
        "status": "cancelled" if run.config.stopped else "success",
        "eval": _spec(run, model),
        "plan": {"name": "plan", "steps": [{"solver": "generate", "params": {}}], "config": {}},
        "results": _results(run),
        "stats": {
            "started_at": run.created_at,
            "completed_at": run.created_at,
            "model_usage": {model: _total([record.usage for record in run.tasks])},
        },
        "samples": [_sample(run, record, model) for record in run.tasks],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _spec(run: Run, model: str) -> dict[str, Any]:
    ids = sorted({record.id for record in run.tasks})
    return {
        "eval_id": run.id,
        "run_id": run.id,
        "created": run.created_at,
        "task": run.suite.name,
        "task_id": run.suite.digest[:22],
        "task_version": 0,
        "dataset": {"name": run.suite.name, "samples": len(ids), "sample_ids": ids, "shuffled": False},
        "model": model,
        "model_base_url": run.target.url,
        "config": {"epochs": run.config.repeat, "max_samples": run.config.concurrency},
        "packages": {"janus-bench": run.environment.versions.get("janus-bench", "")},
        "metadata": {"seed": run.seed, "content_sha256": run.content_sha256},
        "scorers": [{"name": _SCORER}],
    }


def _results(run: Run) -> dict[str, Any]:
    quality, composite = run.components.quality, run.composite
    scored = sum(record.score is not None for record in run.tasks)
    metrics = {
        "mean": quality.value / 100,
        "low": quality.low / 100,
        "high": quality.high / 100,
        "composite": composite.value,
    }
    return {
        "total_samples": run.suite.tasks * run.config.repeat,
        "completed_samples": len(run.tasks),
        "scores": [
            {
                "name": _SCORER,
                "scorer": _SCORER,
                "scored_samples": scored,
                "unscored_samples": len(run.tasks) - scored,
                "params": {},
                "metrics": {name: {"name": name, "value": value} for name, value in metrics.items()},
            }
        ],
    }


def _sample(run: Run, record: TaskRecord, model: str) -> dict[str, Any]:
    asked = [_message(message) for message in items(dict(record.request), "messages")]
    answer = record.answer
    said: dict[str, Any] = {"role": "assistant", "content": answer.content, "source": "generate"}
    if answer.reasoning:
        said["content"] = [
            {"type": "reasoning", "reasoning": answer.reasoning},
            {"type": "text", "text": answer.content},
        ]
    if answer.tool_calls:
        said["tool_calls"] = [
            {
                "id": f"call_{number}",
                "function": call.name,
                "arguments": _arguments(call.arguments),
                "type": "function",
            }
            for number, call in enumerate(answer.tool_calls)
        ]
    failure = answer.failure
    sample = {
        "id": record.id,
        "epoch": record.repeat + 1,
        "input": asked or "[the questions of a private suite are not kept]",
        "target": "",
        "messages": [*asked, said],
        "output": {
            "model": model,
            "choices": [
                {"message": said, "stop_reason": _STOP_REASONS.get(answer.finish_reason or "", "unknown")}
            ],
            "usage": _usage(record.usage),
            "time": record.timing.latency_s,
            "error": failure.message if failure else None,
        },
        "model_usage": {model: _usage(record.usage)},
        "total_time": record.timing.latency_s,
        "metadata": {
            "benchmark": record.benchmark,
            "category": record.category,
            "ttft_s": record.timing.ttft_s,
            "itl_s": record.timing.itl_s,
            "cost_usd": record.cost_usd,
            "unscored": record.error,
        },
        "uuid": f"{run.id}-{record.id}-{record.repeat}",
    }
    if record.score is not None:
        sample["scores"] = {
            _SCORER: {
                "value": record.score.value,
                "answer": answer.content,
                "explanation": record.score.explanation,
            }
        }
    return sample


def _message(message: object) -> dict[str, Any]:
    role = _ROLES.get(text(message, "role"), "user")
    content = member(message, "content")
    plain = content if isinstance(content, str) else _plain(items(message, "content"))
    told = {"role": role, "content": plain}
    if role == "tool":
        told["tool_call_id"] = text(message, "tool_call_id")
    return told


def _plain(parts: list[Any]) -> str:
    """Text parts as they are, others by their kind: the run's JSON has them."""
    return "\n".join(text(part, "text") or f"[{text(part, 'type')}]" for part in parts)


def _arguments(said: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(said)
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {"invalid": said}


def _usage(usage: Usage | None) -> dict[str, int]:
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    read, wrote = usage.prompt_tokens or 0, usage.completion_tokens or 0
    return {"input_tokens": read, "output_tokens": wrote, "total_tokens": read + wrote}


def _total(usages: list[Usage | None]) -> dict[str, int]:
    counted = [_usage(usage) for usage in usages]
    names = ("input_tokens", "output_tokens", "total_tokens")
    return {name: sum(usage[name] for usage in counted) for name in names}
