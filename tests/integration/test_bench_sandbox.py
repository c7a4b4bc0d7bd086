"""The sandbox bench, run for real though short."""

import json
import subprocess
import sys
from pathlib import Path

from janus_bench.sandbox.report import AIMS

SHORT = ("--backend", "bubblewrap", "--rounds", "2", "--commands", "3")


def test_every_operation_is_measured_and_nothing_is_left(tmp_path: Path) -> None:
    report = tmp_path / "figures" / "bench.json"
    ran = subprocess.run(
        [sys.executable, "-m", "janus_bench.sandbox", *SHORT, "--json", report],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert ran.returncode == 0, ran.stderr
    assert all(name in ran.stdout for name in AIMS)
    assert "bubblewrap, ms" in ran.stdout
    found = json.loads(report.read_text())["backends"]["bubblewrap"]
    counts = {name: figure["count"] for name, figure in found["milliseconds"].items()}
    assert counts == {"create, cold": 2, "create, warm": 2, "exec": 3, "terminate": 4}
    assert all(time > 0 for times in found["readings_milliseconds"].values() for time in times)
