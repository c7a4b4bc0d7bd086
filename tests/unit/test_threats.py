"""Every test that docs/threats.md names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text()


def test_every_test_that_the_page_names_exists() -> None:
    missing = []
    for file, names in re.findall(r"(tests/[\w/.-]+\.(?:py|ts))((?:(?:, )?::\w+)*)", PAGE):
        path = ROOT / file if not file.startswith("ui/") else ROOT / "ui" / file
        if not path.exists():
            path = ROOT / "ui" / file
        source = path.read_text() if path.exists() else ""
        missing += [
            f"{file}::{name}" for name in re.findall(r"::(\w+)", names) if f"def {name}(" not in source
        ]
        if not source:
            missing.append(file)
    assert not missing


def test_every_row_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "what was tried" not in line]
    assert len(rows) > 200
    assert not [row for row in rows if "tests/" not in row]
