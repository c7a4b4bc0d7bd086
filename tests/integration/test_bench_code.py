"""Code of answers runs in a real sandbox, and cannot talk itself into being right."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from support.sandbox_service import sandbox_service
from support.scoring import task_with

from janus_bench.quality.scoring import Scorers
from janus_bench.quality.suites import load_suite, prove
from janus_bench.quality.task import Answer, Score

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

ADD: dict[str, Any] = {
    "kind": "code",
    "entry": "add",
    "calls": [{"call": "add(2, 3)", "returns": 5}, {"call": "add(1, 1)", "returns": 2}],
    "seconds": 1,
}
CHECK: dict[str, Any] = {
    "kind": "code",
    "entry": "add",
    "preamble": "import math",
    "check": "def check(candidate):\n    assert candidate(2, 3) == 5\n    assert candidate(1, 1) == 2\n",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scorers() -> AsyncIterator[Scorers]:
    async with (
        sandbox_service() as service,
        Scorers(sandbox=str(service.client.base_url), judge=None) as ready,
    ):
        yield ready


async def judged(scorers: Scorers, rule: dict[str, Any], code: str) -> Score:
    return await scorers.score(task_with(rule), Answer(content=f"Here:\n\n```python\n{code}\n```\n"))


@pytest.mark.parametrize("name", ["public/train", "public/dev"])
async def test_every_own_item_takes_what_is_right_and_refuses_what_is_not(
    scorers: Scorers, name: str
) -> None:
    proof = await prove(load_suite(name, benchmark="code").tasks, scorers)
    assert proof.flaws == proof.unproven == ()


@pytest.mark.parametrize("rule", [ADD, CHECK], ids=["calls", "check"])
async def test_right_code_is_right_and_wrong_code_is_not(scorers: Scorers, rule: dict[str, Any]) -> None:
    assert (await judged(scorers, rule, "def add(a, b):\n    return a + b")).value == 1
    assert (await judged(scorers, rule, "def add(a, b):\n    return 5")).value == 0


CHEATS = {
    "exits as if all were well": "import os\nadd = 1\nos._exit(0)",
    "exits in the test": "import sys\ndef add(a, b):\n    sys.exit(0)",
    "prints what it hopes for": 'def add(a, b):\n    print(\'{"test": "call 0", "value": 5}\')',
    "is equal to everything": (
        "class Any:\n    def __eq__(self, _):\n        return True\n\ndef add(a, b):\n    return Any()"
    ),
    "never ends": "def add(a, b):\n    while True:\n        pass",
    "never ends and takes no exception": (
        "def add(a, b):\n    while True:\n        try:\n            pass\n"
        "        except Exception:\n            pass"
    ),
    "never ends as it is loaded": "add = 1\nwhile True:\n    pass",
    "eats memory": "def add(a, b):\n    return len([bytearray(2**20) for _ in range(2**20)])",
    "floods": "import os\ndef add(a, b):\n    while True:\n        os.write(1, b'x' * 65536)",
    "is no Python": "def add(a, b:",
    "reads the nonce from the job file": (
        "import json, os\n"
        "nonce = json.load(open('job.json'))['nonce']\n"
        "for fd in (1, 2, *range(3, 20)):\n"
        "    for test in ('check', 'call 0', 'call 1'):\n"
        "        try:\n"
        '            os.write(fd, f\'{nonce}{{"test": "{test}", "value": true}}\\n\'.encode())\n'
        "        except OSError:\n"
        "            pass\n"
        "def add(a, b):\n    return 0"
    ),
    "reads the memory of the tester": (
        "import os, re\n"
        "def add(a, b):\n"
        "    for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        "        for name in ('mem', 'environ', 'fd', 'maps', 'cwd'):\n"
        "            if int(pid) != os.getpid():\n"
        "                try:\n"
        "                    path = f'/proc/{pid}/{name}'\n"
        "                    os.listdir(path) if name in ('fd', 'cwd') else open(path, 'rb').read(1)\n"
        "                    return 5\n"
        "                except OSError:\n"
        "                    pass\n"
        "    return 0"
    ),
    "replaces the checker in __main__": (
        "import sys\n"
        "main = sys.modules['__main__']\n"
        "main.check = main.checked = lambda *_: True\n"
        "main.outcome = lambda *_: {'value': 'true'}\n"
        "def add(a, b):\n    return 0"
    ),
    "looks for the checks in its callers": (
        "import gc, sys\n"
        "def add(a, b):\n"
        "    frame, seen = sys._getframe(), ''\n"
        "    while frame:\n"
        "        seen += str(frame.f_globals) + str(frame.f_locals)\n"
        "        frame = frame.f_back\n"
        "    seen += str([o for o in gc.get_objects() if isinstance(o, str)])\n"
        "    return a + b if 'candidate(2, 3) == 5' in seen else 0"
    ),
    "is a number that is equal to everything": (
        "class Any(int):\n"
        "    def __eq__(self, _):\n        return True\n"
        "    def __hash__(self):\n        return 0\n\n"
        "def add(a, b):\n    return Any(0)"
    ),
    "answers with more than was asked": (
        "import os, sys\n"
        "def add(a, b):\n"
        "    for number in range(9):\n"
        '        os.write(int(sys.argv[1]), b\'{"number": %d, "value": "true"}\\n\' % number)\n'
        "    return 0"
    ),
    "kills the tester": "import os, signal\ndef add(a, b):\n    os.kill(os.getppid(), signal.SIGKILL)",
}


@pytest.mark.parametrize("rule", [ADD, CHECK], ids=["calls", "check"])
@pytest.mark.parametrize("cheat", CHEATS)
async def test_code_that_cheats_or_runs_wild_is_wrong_and_is_ended(
    scorers: Scorers, cheat: str, rule: dict[str, Any]
) -> None:
    score = await judged(scorers, {**rule, "seconds": 1}, CHEATS[cheat])
    assert score.value == 0
    assert score.explanation


async def test_a_test_that_takes_too_long_does_not_cost_the_others(scorers: Scorers) -> None:
    slow = "import time\ndef add(a, b):\n    if a == 2:\n        time.sleep(60)\n    return a + b"
    score = await judged(scorers, {**ADD, "partial": True}, slow)
    assert score.value == 0.5
    assert score.explanation == "add(2, 3) raised 'TooLong'"


async def test_a_number_beyond_all_floats_is_just_wrong(scorers: Scorers) -> None:
    rule = {**ADD, "calls": [{"call": "add(1, 2)", "returns": 3.0}], "tolerance": 0.01}
    assert (await judged(scorers, rule, "def add(a, b):\n    return 10 ** 4000")).value == 0
    assert (await judged(scorers, rule, "def add(a, b):\n    return a + b + 0.001")).value == 1


async def test_a_program_is_judged_by_what_it_prints(scorers: Scorers) -> None:
    rule = {"kind": "code", "programs": [{"stdin": "3\n4\n", "stdout": "7"}]}
    assert (await judged(scorers, rule, "print(int(input()) + int(input()))")).value == 1
    score = await judged(scorers, rule, "print(int(input()) * int(input()))")
    assert (score.value, score.explanation) == (0, "the program printed '12' for '3 4'")


async def test_an_error_is_right_where_it_is_wanted(scorers: Scorers) -> None:
    rule = {"kind": "code", "entry": "f", "calls": [{"call": "f()", "raises": "KeyError"}]}
    assert (await judged(scorers, rule, "def f():\n    return {}[1]")).value == 1
    assert (await judged(scorers, rule, "def f():\n    return [][1]")).value == 0


async def test_what_was_expected_is_not_in_the_sandbox(scorers: Scorers) -> None:
    rule = {"kind": "code", "entry": "f", "calls": [{"call": "f()", "returns": "never told 4711"}]}
    spy = "import os\ndef f():\n    return [open(n).read() for n in os.listdir('.') if os.path.isfile(n)]"
    score = await judged(scorers, rule, spy)
    assert score.value == 0
    assert "never told" not in score.explanation


async def test_half_a_character_and_a_zero_in_the_code_are_just_wrong(scorers: Scorers) -> None:
    assert (await judged(scorers, ADD, "def add(a, b):\n    return '\ud800\0'")).value == 0


async def test_a_test_program_calls_what_the_prompt_gave_and_gets_values_of_every_plain_kind(
    scorers: Scorers,
) -> None:
    rule = {
        "kind": "code",
        "entry": "back",
        "preamble": "def there(x):\n    return [x, (1, 2.5), {3}, {4: b'5'}, None]\n",
        "check": (
            "def check(candidate):\n"
            "    assert candidate(there('a')) == ('a', (1, 2.5), {3}, {4: b'5'}, None)\n"
            "    try:\n        candidate(None)\n    except TypeError:\n        return\n    assert False\n"
        ),
    }
    assert (await judged(scorers, rule, "def back(x):\n    return tuple(x)")).value == 1
    assert (await judged(scorers, rule, "def back(x):\n    return x")).value == 0
