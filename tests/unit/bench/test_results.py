"""What a run becomes: a document that proves itself, and reports that show it and believe nothing in it."""

import base64
import copy
import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console
from support.bench_runs import failed, record, run_of, task, tasks

from janus_bench.quality import schema
from janus_bench.quality.bundle import sign, signing_key, verify
from janus_bench.quality.comparing import compare, rank
from janus_bench.quality.record import Run, as_document, canonical, content_hash, parse, read, write
from janus_bench.quality.reports import EXPORTS, as_csv, as_html
from janus_bench.quality.reports.chutes import as_chutes
from janus_bench.quality.reports.console import comparison_table, ranking_table, run_table
from janus_bench.quality.reports.inspect_log import as_inspect_log
from janus_bench.quality.reports.timeline import timeline
from janus_mesh.errors import InvalidRequest

HOSTILE = "</pre></style><script>alert(1)</script><img src=http://evil/x onerror=alert(1)>[bold]=1+1"


@pytest.fixture(scope="module")
def run() -> Run:
    hostile = record(task(90, id=HOSTILE, category=HOSTILE), content=HOSTILE)
    return run_of([*(record(task(n), n % 3 / 2) for n in range(12)), failed(task(50)), hostile])


@pytest.fixture(scope="module")
def document(run: Run) -> dict[str, Any]:
    return as_document(run)


def test_a_run_reads_back_as_it_was_written(run: Run, tmp_path: Path) -> None:
    write(run, tmp_path / "run.json")
    again = read(tmp_path / "run.json")
    assert again.composite == run.composite
    assert again.tasks == run.tasks


def test_the_fields_of_a_run_are_the_agreed_ones(document: dict[str, Any]) -> None:
    assert set(document) == {
        *("schema_version", "id", "created_at", "suite", "target", "config", "seed", "environment"),
        *("components", "composite", "benchmarks", "tasks", "content_sha256"),
    }
    assert set(document["components"]["quality"]) == {"value", "low", "high", "weight", "n"}
    assert set(document["suite"]) == {"name", "digest", "tasks"}
    assert {"content", "reasoning", "tool_calls", "artifacts", "finish_reason", "failure"} == set(
        document["tasks"][0]["answer"]
    )
    assert len(document["tasks"][0]["events"][0]) == 3


def test_a_run_follows_its_schema(document: dict[str, Any]) -> None:
    jsonschema.validate(document, json.loads(schema.PATH.read_text()))


def test_the_schema_in_the_package_is_that_of_the_types() -> None:
    assert json.loads(schema.PATH.read_text()) == schema.run_schema(), "python -m janus_bench.quality.schema"


def test_whatever_is_changed_changes_the_hash(document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    changed["tasks"][3]["answer"]["content"] = "better"
    with pytest.raises(InvalidRequest) as caught:
        parse(changed)
    assert caught.value.param == "content_sha256"


def test_a_field_of_the_wrong_kind_is_named(document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    changed["composite"]["value"] = 101
    with pytest.raises(InvalidRequest) as caught:
        parse(changed)
    assert caught.value.param == "composite.value"


def test_canonical_json_has_one_spelling_and_no_nan() -> None:
    assert canonical({"b": 1.0, "a": "ü"}) == '{"a":"ü","b":1.0}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"x": float("nan")})


def test_a_bundle_proves_its_run(document: dict[str, Any], tmp_path: Path) -> None:
    key = signing_key(tmp_path / "key.pem")
    bundle = json.loads(json.dumps(sign(document, key)))
    assert verify(bundle).run.id == document["id"]
    assert verify(bundle, bundle["public_key"]).fingerprint == verify(bundle).fingerprint
    assert bundle["run"]["content_sha256"] == content_hash(bundle["run"])


def test_the_signing_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.pem"
    first, second = signing_key(path), signing_key(path)
    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert path.stat().st_mode & 0o077 == 0


def _resealed(bundle: dict[str, Any]) -> None:
    bundle["run"]["composite"]["value"] = 99.0
    bundle["run"]["content_sha256"] = content_hash(bundle["run"])


@pytest.mark.parametrize(
    ("forge", "named"),
    [
        (_resealed, "signature"),
        (lambda bundle: bundle.update(format="other"), "format"),
        (lambda bundle: bundle.update(run="x"), "run"),
        (lambda bundle: bundle.update(public_key="AAAA"), "public_key"),
        (lambda bundle: bundle.update(signature=base64.b64encode(b"0" * 64).decode()), "signature"),
        (lambda bundle: bundle.update(signature="no base64"), "signature"),
    ],
)
def test_a_forged_bundle_is_refused(document: dict[str, Any], tmp_path: Path, forge: Any, named: str) -> None:
    bundle = copy.deepcopy(sign(document, signing_key(tmp_path / "key.pem")))
    forge(bundle)
    with pytest.raises(InvalidRequest) as caught:
        verify(bundle)
    assert caught.value.param == named


def test_a_bundle_of_another_signer_is_refused(document: dict[str, Any], tmp_path: Path) -> None:
    bundle = sign(document, signing_key(tmp_path / "one.pem"))
    other = sign(document, signing_key(tmp_path / "two.pem"))["public_key"]
    with pytest.raises(InvalidRequest, match="another key"):
        verify(bundle, other)


class _Page(HTMLParser):
    """Collects what a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_page_loads_nothing_and_runs_nothing_whatever_a_competitor_said(run: Run) -> None:
    page = as_html(run)
    found = _Page()
    found.feed(page)
    assert not found.tags & {"script", "img", "iframe", "link", "object", "embed", "form", "a"}
    assert not {name for name in found.attributes if name.startswith("on")} | (
        found.attributes & {"src", "href"}
    )
    assert "default-src &#x27;none&#x27;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_shows_every_answer_with_its_timeline(run: Run) -> None:
    page = as_html(run)
    assert page.count("<details>") == len(run.tasks)
    assert page.count('class="timeline"') == len(run.tasks)
    assert f"{run.composite.value:.1f}" in page


def test_a_timeline_of_many_events_stays_small() -> None:
    events = tuple((n / 1000, "content", 3) for n in range(20_000))
    shown = record(task())
    many = type(shown)(**{**_fields(shown), "events": events})
    drawn = timeline(many)
    assert "content (20000)" in drawn
    assert len(drawn) < 20_000


def test_csv_has_a_line_for_each_answer_and_no_formula(run: Run) -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(run))))
    assert [line["task"] for line in lines] == [r.id for r in run.tasks]
    formula = run_of([record(task(), content="=cmd|x")])
    assert next(csv.DictReader(io.StringIO(as_csv(formula))))["answer"] == "'=cmd|x"


def test_the_chutes_record_has_the_runners_fields(run: Run) -> None:
    exported = json.loads(as_chutes(run))
    assert exported["run"]["overall_score"] == pytest.approx(run.composite.value / 100)
    assert exported["run"]["benchmarks"][0]["benchmark_name"] == "chat"
    details = exported["benchmarks"][0]
    assert details["items"]["total"] == len(run.tasks)
    assert details["summary"]["errors"] == 1
    assert sum(details["summary"][kind] for kind in ("correct", "incorrect", "errors")) == len(run.tasks)


def test_the_inspect_log_has_a_sample_for_each_answer(run: Run) -> None:
    log = json.loads(as_inspect_log(run))
    assert log["version"] == 2
    assert [sample["id"] for sample in log["samples"]] == [r.id for r in run.tasks]
    assert log["results"]["scores"][0]["metrics"]["mean"]["value"] == run.components.quality.value / 100


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_takes_a_run_without_answers(name: str) -> None:
    assert EXPORTS[name](run_of([]))


def test_the_console_shows_scores_and_takes_no_markup_from_names(run: Run) -> None:
    text = _printed(run_table(run))
    assert re.search(rf"composite\s+{run.composite.value:.1f}\s", text)
    assert "1 of 14 answers failed" in text


def test_the_console_tells_what_differs_and_who_is_ahead() -> None:
    better, worse = (run_of((record(t, level) for t in tasks(30)), model=str(level)) for level in (0.9, 0.2))
    assert "the first is better" in _printed(comparison_table(better, worse, compare(better, worse)))
    ranked = _printed(ranking_table(rank([worse, better])))
    assert ranked.index(better.id) < ranked.index(worse.id)


def _printed(shown: Any) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(shown)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _fields(shown: Any) -> dict[str, Any]:
    return {name: getattr(shown, name) for name in shown.__dataclass_fields__}
