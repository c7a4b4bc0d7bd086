"""`python -m janus_bench.sandbox`: starts the sandbox service with each backend that runs here, measures it
over HTTP, prints a table for each.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from janus_bench.machine import this_machine

from .measuring import measure
from .report import summary, table
from .service import ServiceFailed

BACKENDS = ("bubblewrap", "gvisor", "podman", "docker")


def main() -> int:
    options = _options()
    machine = this_machine()
    print(machine)
    backends = {}
    for name in options.backend or BACKENDS:
        try:
            readings = measure(name, options.rounds, options.commands)
        except ServiceFailed as error:
            print(f"{name} does not run here: {error}", file=sys.stderr)
            continue
        figures = summary(readings)
        print(table(name, figures), flush=True)
        backends[name] = {
            "milliseconds": {operation: asdict(figure) for operation, figure in figures.items()},
            "readings_milliseconds": readings,
        }
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        content = {"machine": asdict(machine), "backends": backends}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0 if backends else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="janus_bench.sandbox", description=__doc__)
    parser.add_argument("--backend", action="append", choices=BACKENDS, help="which; each that runs here")
    parser.add_argument("--rounds", type=int, default=50, help="sandboxes made cold, and made warm")
    parser.add_argument("--commands", type=int, default=200, help="commands run")
    parser.add_argument("--json", type=Path, help="file for every reading")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
