"""The sandbox bench, run for real though short."""

import json
import subprocess
import sys
from pathlib import Path

from janus_bench.sandbox.report import AIMS


def test_every_operation_is_measured_and_nothing_is_left(tmp_path: Path) -> None:
    report = tmp_path / "figures" / "bench.json"
    ran = subprocess.run(
        [sys.executable, "-m", "janus_bench.sandbox", "--rounds", "2", "--commands", "3", "--json", report],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert ran.returncode == 0, ran.stderr
    assert all(name in ran.stdout for name in AIMS)
    found = json.loads(report.read_text())
    counts = {name: figure["count"] for name, figure in found["milliseconds"].items()}
    assert counts == {"create, cold": 2, "create, warm": 2, "exec": 3, "terminate": 4}
    assert all(time > 0 for times in found["readings_milliseconds"].values() for time in times)
