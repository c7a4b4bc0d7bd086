"""Suites are read from JSONL, and each mistake is named by file, line and field."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from janus_bench.quality.suites import SuiteError
from janus_bench.quality.suites.public import BENCHMARKS
from janus_bench.quality.suites.reading import read_tasks
from janus_bench.quality.suites.schema import item_schema, shipped_schema
from janus_bench.quality.task import Task

LINE: dict[str, Any] = {
    "id": "chat/one",
    "benchmark": "chat",
    "category": "facts",
    "prompt": "What is it?",
    "scoring": {"kind": "exact", "any_of": ["yes"]},
    "accepted": ["yes"],
}
PUBLIC = Path(__file__).parents[3] / "bench/janus_bench/quality/suites/public"


def read(folder: Path, *lines: str | dict[str, Any]) -> tuple[Task, ...]:
    file = folder / "suite.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return read_tasks([file], folder / "assets")


def test_a_line_becomes_a_task(tmp_path: Path) -> None:
    (task,) = read(tmp_path, LINE)
    assert task.request == {"temperature": 0.0, "messages": [{"role": "user", "content": "What is it?"}]}
    assert task.scoring == {"kind": "exact", "any_of": ["yes"]}
    assert (task.accepted[0].content, task.accepted[0].finish_reason) == ("yes", "stop")
    assert (task.source, task.licence, task.modalities) == ("janus", "own", {"text"})


def test_a_request_is_passed_on_as_it_is(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "name": "ida", "content": "Hello"},
    ]
    request = {"messages": messages, "max_tokens": 5, "temperature": 0.7, "made_up": {"deep": [1]}}
    (task,) = read(tmp_path, {**LINE, "prompt": None, "request": request})
    assert task.request == request


def test_empty_lines_are_skipped(tmp_path: Path) -> None:
    assert len(read(tmp_path, "", LINE, "", {**LINE, "id": "chat/two"}, "")) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "Chat One"}, "id: String should match pattern"),
        ({"category": None}, "category: Input should be a valid string"),
        ({"prompt": None}, "prompt: either it or request.messages is needed, not both"),
        ({"prompt": "  "}, "prompt: is empty"),
        ({"request": {"messages": [{"role": "user", "content": "a"}]}}, "prompt: either it or"),
        ({"request": {"stream": True}}, "request: stream is set by the runner"),
        ({"request": {"temperature": 3}}, "request.temperature: Input should be less than or equal to 2"),
        ({"scoring": {"kind": "guess"}}, "scoring: Input tag 'guess' found using 'kind' does not match"),
        ({"scoring": {"kind": "numeric"}}, "scoring.numeric.value: Field required"),
        ({"scoring": {"kind": "regex", "pattern": "("}}, "scoring.regex.pattern: is no RE2 pattern"),
        ({"accepted": []}, "accepted: Tuple should have at least 1 item"),
        ({"modalities": ["smell"]}, "modalities.0: Input should be"),
        ({"answer": "yes"}, "answer: Extra inputs are not permitted"),
        ({"request": {"image": "asset:none.png"}}, "request: there is no asset 'none.png'"),
        ({"request": {"image": "asset:../suite.jsonl"}}, "request: the asset '../suite.jsonl' lies outside"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    bad = {name: value for name, value in {**LINE, "id": "chat/bad", **change}.items() if value is not None}
    if "category" in change:
        bad["category"] = None
    with pytest.raises(SuiteError) as refused:
        read(tmp_path, LINE, bad)
    assert str(refused.value).startswith(f"{tmp_path}/suite.jsonl:2: {said}")


@pytest.mark.parametrize(
    ("line", "said"), [("{", "no JSON"), ("[1]", "an object is needed"), ("[" * 10_000, "no JSON")]
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(SuiteError, match=f"suite.jsonl:1: {said}"):
        read(tmp_path, line)


def test_an_id_that_stands_twice_is_named_at_its_second_line(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"suite.jsonl:3: id: 'chat/one' stands twice"):
        read(tmp_path, LINE, "", LINE)


def test_pictures_beside_the_suite_are_sent_as_data(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/dot.png").write_bytes(b"picture")
    part = {"type": "image_url", "image_url": {"url": "asset:dot.png"}}
    request = {"messages": [{"role": "user", "content": [part]}]}
    (task,) = read(tmp_path, {**{n: v for n, v in LINE.items() if n != "prompt"}, "request": request})
    sent = task.request["messages"][0]["content"][0]["image_url"]["url"]
    assert sent == "data:image/png;base64," + base64.b64encode(b"picture").decode()


def test_an_answer_may_hold_calls_and_files(tmp_path: Path) -> None:
    accepted = {
        "tool_calls": [{"name": "f", "arguments": {"x": 1}}, {"name": "g", "arguments": "{broken"}],
        "artifacts": [
            {"name": "a.txt", "mime_type": "text/plain", "text": "hello"},
            {"name": "b.bin", "mime_type": "application/octet-stream", "base64": "AAE=", "sha256": "f" * 64},
        ],
    }
    (task,) = read(tmp_path, {**LINE, "accepted": [accepted]})
    answer = task.accepted[0]
    assert [(call.name, call.arguments) for call in answer.tool_calls] == [
        ("f", '{"x": 1}'),
        ("g", "{broken"),
    ]
    assert answer.finish_reason == "tool_calls"
    text, binary = answer.artifacts
    assert (text.content, text.sha256) == (b"hello", hashlib.sha256(b"hello").hexdigest())
    assert (binary.content, binary.sha256) == (b"\x00\x01", "f" * 64)


def test_the_schema_in_the_package_is_that_of_the_reader() -> None:
    assert shipped_schema() == item_schema()


def test_the_schema_takes_the_own_items_and_refuses_what_the_reader_refuses() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(shipped_schema()))
    files = [PUBLIC / split / f"{benchmark}.jsonl" for split in ("train", "dev") for benchmark in BENCHMARKS]
    for file in files:
        for line in file.read_text().splitlines():
            assert validator.is_valid(json.loads(line)), line[:60]
    for change in ({"id": "Chat One"}, {"accepted": []}, {"answer": 1}, {"scoring": {"kind": "numeric"}}):
        assert not validator.is_valid({**LINE, **change})
