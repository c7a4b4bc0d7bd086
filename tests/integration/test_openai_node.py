"""The official npm client, unmodified, against the running stack."""

import subprocess
from pathlib import Path

import pytest
from support.stack import Stack

SCRIPT = Path(__file__).parent.parent / "clients" / "node" / "chat.mjs"


@pytest.mark.timeout(180)
def test_every_check_of_the_node_script_holds(model_stack: Stack) -> None:
    run = subprocess.run(
        ["node", SCRIPT.name, f"{model_stack.url}/v1"],
        cwd=SCRIPT.parent,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("ok ") == 8
