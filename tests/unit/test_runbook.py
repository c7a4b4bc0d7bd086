"""What the runbook tells an operator to look at and to set is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
SOURCES = "\n".join(path.read_text() for path in ROOT.glob("*/janus_*/**/*.py"))
READMES = "\n".join(path.read_text() for path in ROOT.glob("*/README.md"))


@pytest.mark.parametrize("metric", sorted(set(re.findall(r"`(janus_[a-z_]+)", RUNBOOK))))
def test_every_metric_is_measured(metric: str) -> None:
    assert f'"{metric}"' in SOURCES


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"`((?:JANUS|SANDY)_[A-Z_]+)", RUNBOOK))))
def test_every_variable_stands_in_a_readme(variable: str) -> None:
    assert f"`{variable}`" in READMES
