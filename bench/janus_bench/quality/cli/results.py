"""`janus-bench show`, `compare`, `report`, `export`, `verify`, `publish`: what is done with finished runs."""

import json
import sys
from pathlib import Path

import httpx
from rich.console import Console

from janus_bench.quality import bundle, comparing
from janus_bench.quality.json_shapes import member, text
from janus_bench.quality.record import canonical, parse, read, read_document
from janus_bench.quality.reports import EXPORTS
from janus_bench.quality.reports.console import comparison_table, ranking_table, run_table
from janus_mesh.errors import InvalidRequest, Unavailable

_PUBLISH = "/api/competition/runs"
_PUBLISH_SECONDS = 60.0


def show(file: Path) -> int:
    Console().print(run_table(read(file)))
    return 0


def compare(files: list[Path], seed: int) -> int:
    if len(files) < 2:
        raise InvalidRequest("two runs or more are needed", param="files")
    runs = [read(file) for file in files]
    if len(runs) == 2:
        shown = comparison_table(runs[0], runs[1], comparing.compare(runs[0], runs[1], seed))
    else:
        shown = ranking_table(comparing.rank(runs, seed))
    Console().print(shown)
    return 0


def export(file: Path, form: str, output: Path | None, key: Path) -> int:
    exported = _bundle(file, key) if form == "bundle" else EXPORTS[form](read(file))
    if output is None:
        sys.stdout.write(exported)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(exported.encode())
        sys.stderr.write(f"{output}\n")
    return 0


def verify(file: Path, public_key: str | None) -> int:
    document = read_document(file)
    if "signature" not in document:
        if public_key is not None:
            raise InvalidRequest(f"{file} is not signed", param="signature")
        print(f"{parse(document).id}: the content is what its hash says; not signed")
        return 0
    found = bundle.verify(document, public_key)
    print(f"{found.run.id}: content and signature hold; key SHA-256 {found.fingerprint}")
    return 0


def publish(file: Path, edge: str, api_key: str, key: Path) -> int:
    if not read(file).target.competitor_id:
        raise InvalidRequest(
            "several competitors answered, or none said its name: ask one by --competitor", param="target"
        )
    headers = {"content-type": "application/json"}
    if api_key:
        headers["authorization"] = f"Bearer {api_key}"
    try:
        response = httpx.post(
            f"{edge.rstrip('/')}{_PUBLISH}",
            content=_bundle(file, key).encode(),
            headers=headers,
            timeout=_PUBLISH_SECONDS,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"{edge} cannot be reached: {error}") from None
    told = _json(response)
    if not response.is_success:
        said = text(member(told, "error"), "message") or response.text[:200]
        raise InvalidRequest(f"{edge} refused the run with {response.status_code}: {said}")
    print(f"{text(told, 'run_id')}: {text(told, 'status')}")
    return 0


def _bundle(file: Path, key: Path) -> str:
    """A run, signed; a bundle as it is, once it has proved itself."""
    document = read_document(file)
    if "signature" in document:
        bundle.verify(document)
        return canonical(document).decode()
    parse(document)
    return canonical(bundle.sign(document, bundle.signing_key(key))).decode()


def _json(response: httpx.Response) -> object:
    try:
        told: object = response.json()
    except json.JSONDecodeError:
        return None
    return told
