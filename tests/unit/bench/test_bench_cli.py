"""`janus-bench` as its user meets it: a run from start to publication, and what goes wrong on the way."""

import asyncio
import json
import os
import re
import signal
import sys
import urllib.request
from pathlib import Path
from threading import Thread

import pytest
from support import competitor_scripts as scripts
from support.bench_runs import record, run_of, task, tasks
from support.http_competitor import HttpCompetitor, Reply
from support.scripted_competitor import closed_port
from typer.testing import CliRunner

from janus_bench.quality.cli import app
from janus_bench.quality.cli.view import server
from janus_bench.quality.record import Run, read, read_document, write
from janus_bench.quality.reports.html import as_html


def _bench(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


async def _started(*words: object, folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from janus_bench.quality.cli import main; main()"),
        *map(str, words),
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _finished(*words: object, folder: Path) -> tuple[int | None, str, str]:
    process = await _started(*words, folder=folder)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    write(run_of(record(t, n % 3 / 2) for n, t in enumerate(tasks(12))), tmp_path / "run.json")
    return tmp_path / "run.json"


async def test_a_run_prints_its_composite_and_is_saved_whole(tmp_path: Path) -> None:
    async with HttpCompetitor(scripts.tokens("hel", "lo")) as competitor:
        status, out, _ = await _finished(
            *("run", "--target", competitor.url, "--benchmark", "chat", "--subset", 4, "-o", "run.json"),
            folder=tmp_path,
        )
    assert status == 0, out
    run = read(tmp_path / "run.json")
    assert re.search(rf"composite\s+{run.composite.value:.1f}\s", out)
    assert len(run.tasks) == run.suite.tasks == 4
    assert not (tmp_path / "run.json.journal").exists()


async def test_ctrl_c_leaves_a_valid_part_which_resume_completes(tmp_path: Path) -> None:
    reached = asyncio.Event()
    answered = 0

    async def slowing(reply: Reply) -> None:
        nonlocal answered
        answered += 1
        if answered == 4:
            reached.set()
        if answered >= 4:
            await reply.stall()
        await scripts.tokens("hello")(reply)

    async with HttpCompetitor(slowing) as competitor:
        words = ("run", "--target", competitor.url, "--benchmark", "chat", "--subset", 6, "--concurrency", 1)
        process = await _started(*words, "-o", "run.json", folder=tmp_path)
        async with asyncio.timeout(30):
            await reached.wait()
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert process.returncode == 130, err
        part = read(tmp_path / "run.json")
        competitor.chat = scripts.tokens("hello")
        status, out, err2 = await _finished("run", "--resume", "run.json", folder=tmp_path)
    assert (len(part.tasks), part.config.stopped) == (3, "interrupted")
    assert b"--resume run.json" in err
    assert status == 0, (out, err2)
    whole = read(tmp_path / "run.json")
    assert (whole.id, len(whole.tasks), whole.config.stopped) == (part.id, 6, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--target", "nowhere"), "'nowhere' is not of the form"),
        (("run", "--suite", "no/such"), "no/such"),
        (("load", "--rates", "1", "--concurrency", "1"), "either rates or concurrency"),
        (("run", "--target", f"http://127.0.0.1:{closed_port()}"), "nobody answers at http://127.0.0.1"),
        (("load", "--rates", "1", "--target", f"grpc://127.0.0.1:{closed_port()}"), "nobody answers at grpc"),
        (("load", "--rates", "fast"), "'fast' is not of the form 1,2,4"),
        (("run", "--resume", "/nonexistent.json"), "cannot be read"),
        (("list-benchmarks", "--suite", "no/such"), "is no suite"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(words: tuple[str, ...], said: str) -> None:
    status, out = _bench(*words)
    assert status == 2
    assert said in out
    assert out.startswith("janus-bench: ")
    assert out.count("\n") == 1


async def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with HttpCompetitor(scripts.tokens("hello")) as competitor:
        words = ("run", "--target", competitor.url, "--subset", 1, "-o", "file/run.json")
        status, _, err = await _finished(*words, folder=tmp_path)
    assert status == 2
    assert err.startswith("janus-bench: ")
    assert "file" in err
    assert err.count("\n") == 1


def test_show_prints_a_saved_run(saved: Path) -> None:
    status, out = _bench("show", saved)
    assert status == 0
    assert "composite" in out


def test_two_runs_are_compared_and_three_are_ranked(saved: Path, tmp_path: Path) -> None:
    for name, level in (("good", 0.9), ("bad", 0.1)):
        write(run_of((record(t, level) for t in tasks(12)), model=name), tmp_path / f"{name}.json")
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    assert "the first is better" in _bench("compare", good, bad)[1]
    status, out = _bench("compare", bad, saved, good)
    assert status == 0
    assert out.index("good") < out.index("bad")
    assert _bench("compare", good)[0] == 2


def test_a_report_lies_beside_its_run(saved: Path) -> None:
    assert _bench("report", saved)[0] == 0
    assert saved.with_suffix(".html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("form", ["csv", "html", "inspect", "chutes"])
def test_a_run_is_exported_to_stdout_or_a_file(saved: Path, tmp_path: Path, form: str) -> None:
    status, out = _bench("export", saved, "-f", form)
    assert status == 0
    assert _bench("export", saved, "-f", form, "-o", tmp_path / "out")[0] == 0
    assert (tmp_path / "out").read_text(encoding="utf-8") == out


def test_a_bundle_is_verified_and_a_forged_one_refused(saved: Path, tmp_path: Path) -> None:
    signed = tmp_path / "bundle.json"
    assert _bench("export", saved, "-f", "bundle", "--key", tmp_path / "key.pem", "-o", signed)[0] == 0
    status, out = _bench("verify", signed)
    assert status == 0
    assert "content and signature hold" in out
    signed.write_text(signed.read_text().replace('"seed":7', '"seed":8'))
    status, out = _bench("verify", signed)
    assert status == 2
    assert "signature" in out


def test_a_run_without_signature_is_verified_by_its_hash(saved: Path) -> None:
    assert "not signed" in _bench("verify", saved)[1]
    saved.write_text(saved.read_text().replace('"seed":7', '"seed":8'))
    assert _bench("verify", saved)[0] == 2


def handed_in(tmp_path: Path, *competitors: str) -> Path:
    """A run whose tasks these competitors answered."""
    answered = [record(task(number), competitor=name) for number, name in enumerate(competitors)]
    write(run_of(answered), tmp_path / "handed_in.json")
    return tmp_path / "handed_in.json"


def test_a_run_that_several_answered_is_nobodys_to_hand_in(tmp_path: Path) -> None:
    status, out = _bench("publish", handed_in(tmp_path, "one", "another"), "--edge", "http://127.0.0.1:1")
    assert status == 2
    assert "--competitor" in out


async def test_a_run_is_handed_in_signed_and_with_its_key(tmp_path: Path) -> None:
    saved = handed_in(tmp_path, "one", "one")

    async def taking(reply: Reply) -> None:
        await reply.body(201, scripts.JSON, b'{"run_id": "run_1", "status": "accepted"}')

    async def refusing(reply: Reply) -> None:
        await reply.body(401, scripts.JSON, b'{"error": {"message": "a key is needed"}}')

    async with HttpCompetitor(scripts.tokens()) as edge:
        edge.routes["/api/competition/runs"] = taking
        words = ("publish", saved, "--edge", edge.url, "--key", tmp_path / "key.pem")
        status, out, err = await _finished(*words, "--api-key", "secret", folder=tmp_path)
        edge.routes["/api/competition/runs"] = refusing
        refused, _, why = await _finished(*words, folder=tmp_path)
    assert (status, out) == (0, "run_1: accepted\n"), err
    (asked, _) = edge.requests
    assert asked.headers["authorization"] == "Bearer secret"
    assert asked.json["format"] == "janus-bench-bundle/1"
    assert asked.json["run"] == read_document(saved)
    assert asked.json["run"]["target"]["competitor_id"] == "one"
    assert refused == 2
    assert "a key is needed" in why


def test_suites_and_benchmarks_are_listed() -> None:
    assert "public/dev" in _bench("list-suites")[1]
    status, out = _bench("list-benchmarks", "--suite", "public/dev")
    assert status == 0
    assert "chat" in out


def test_the_items_of_a_suite_are_proven_on_request() -> None:
    status, out = _bench("list-suites", "--check", "--suite", "public/train")
    assert status == 0, out
    assert "0 flaws" in out


def test_the_report_is_served_on_loopback_and_nothing_else_is() -> None:
    run: Run = run_of([record(task())])
    page = as_html(run).encode()
    with server(page, 0) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        host, port = str(listening.server_address[0]), listening.server_address[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as response:
            assert response.read() == page
            assert "default-src 'none'" in response.headers["content-security-policy"]
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/etc/passwd", timeout=10)
        caught.value.close()
        listening.shutdown()
    assert (host, caught.value.code) == ("127.0.0.1", 404)


async def test_a_sweep_is_printed_written_and_drawn(tmp_path: Path) -> None:
    async with HttpCompetitor(scripts.tokens("hello")) as competitor:
        status, out, err = await _finished(
            *("load", "--target", competitor.url, "--concurrency", "1,2", "--seconds", 0.4, "--warm-up", 0.1),
            *("-o", "load.json", "--chart", "load.svg"),
            folder=tmp_path,
        )
    assert status == 0, err
    assert "Most goodput" in out
    assert [step["level"] for step in json.loads((tmp_path / "load.json").read_text())["steps"]] == [1, 2]
    assert (tmp_path / "load.svg").read_text().startswith("<svg")
