"""Writes `janus_proto/_gen` from the `.proto` files: messages, stubs and their types.

`python proto/generate.py` regenerates in place; `--check` exits 1 and names the files that would change.
"""

import argparse
import filecmp
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

ROOM = Path(__file__).resolve().parent
TARGET = ROOM / "janus_proto" / "_gen"
PACKAGE = "janus_proto._gen"
# protoc writes absolute imports by proto package; the generated code lives below PACKAGE instead.
_IMPORT = re.compile(r"^(from|import) (janus(?:\.\w+)+)", re.MULTILINE)


def generate(target: Path) -> None:
    """Runs protoc over every source and makes `target` an importable package."""
    sources = sorted(str(path.relative_to(ROOM)) for path in (ROOM / "janus").rglob("*.proto"))
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    target.mkdir(parents=True)
    # protoc looks for its plugins on PATH; they are installed beside this interpreter.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    outputs = ("python_out", "grpc_python_out", "mypy_out", "mypy_grpc_out")
    status = protoc.main(
        ["protoc", f"-I{ROOM}", f"-I{well_known}", *(f"--{kind}={target}" for kind in outputs), *sources]
    )
    if status:
        sys.exit(status)
    for path in [*target.rglob("*.py"), *target.rglob("*.pyi")]:
        path.write_text(_IMPORT.sub(rf"\1 {PACKAGE}.\2", path.read_text()))
    for folder in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()


def differing(left: Path, right: Path) -> list[str]:
    """Relative paths of files that differ between two trees or stand in one only."""
    names = {path.relative_to(left) for path in left.rglob("*.py*") if path.suffix != ".pyc"}
    names |= {path.relative_to(right) for path in right.rglob("*.py*") if path.suffix != ".pyc"}
    return sorted(
        str(name)
        for name in names
        if not ((left / name).is_file() and (right / name).is_file())
        or not filecmp.cmp(left / name, right / name, shallow=False)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything would change")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "_gen"
        generate(fresh)
        if check:
            changed = differing(fresh, TARGET)
            if changed:
                sys.exit("generated code is stale, run `make proto`: " + ", ".join(changed))
            return
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(fresh, TARGET)


if __name__ == "__main__":
    main()
