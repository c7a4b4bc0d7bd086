"""Has inspect-ai itself open a run's exported log, and says what it found there.

.venv/bin/python bench/crosscheck/inspect_log.py bench-runs/run_....json
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from timing import installed

from janus_bench.mesh.target import Missing
from janus_bench.quality.record import read
from janus_bench.quality.reports.inspect_log import as_inspect_log

_READ = """
import json, sys
from inspect_ai.log import read_eval_log, write_eval_log
log = read_eval_log(sys.argv[1])
write_eval_log(log, sys.argv[2])
again = read_eval_log(sys.argv[2])
print(json.dumps([again.status, len(again.samples), again.results.scores[0].metrics["mean"].value]))
"""


def main() -> int:
    try:
        binaries = installed("inspect", "inspect-ai", "openai")
    except Missing as reason:
        print(f"inspect-ai cannot be had: {reason}")
        return 1
    run = read(Path(sys.argv[1]))
    with TemporaryDirectory(prefix="janus-crosscheck-") as folder:
        log = Path(folder) / "log.json"
        log.write_text(as_inspect_log(run), encoding="utf-8")
        told = subprocess.run(
            [binaries / "python", "-c", _READ, log, log.with_suffix(".eval")],
            check=True,
            capture_output=True,
            timeout=120,
        )
    status, samples, mean = json.loads(told.stdout)
    print(f"inspect-ai reads it, as JSON and as .eval: {status}, {samples} samples, mean {100 * mean:.2f}")
    return 0 if (samples, round(100 * mean, 4)) == (len(run.tasks), run.components.quality.value) else 1


if __name__ == "__main__":
    sys.exit(main())
