"""`python -m janus_bench.sandbox`: starts the sandbox service, measures it over HTTP, prints a table."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from janus_bench.machine import this_machine

from .measuring import measure
from .report import summary, table
from .service import ServiceFailed


def main() -> int:
    options = _options()
    machine = this_machine()
    print(machine)
    try:
        readings = measure(options.rounds, options.commands)
    except ServiceFailed as error:
        print(f"the sandbox service did not start: {error}", file=sys.stderr)
        return 1
    figures = summary(readings)
    print(table(figures))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "machine": asdict(machine),
            "milliseconds": {name: asdict(figure) for name, figure in figures.items()},
            "readings_milliseconds": readings,
        }
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="janus_bench.sandbox", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="sandboxes made cold, and made warm")
    parser.add_argument("--commands", type=int, default=200, help="commands run")
    parser.add_argument("--json", type=Path, help="file for every reading")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
