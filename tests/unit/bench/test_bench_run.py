"""The command, from its options to a tiny run with real processes."""

import json
from pathlib import Path

import pytest

from janus_bench.mesh.cli import main
from janus_bench.mesh.driver import Run, measure
from janus_bench.mesh.results import Figure
from janus_bench.mesh.scenario import Options
from janus_bench.mesh.scenarios import cancel, idle, rate
from janus_bench.mesh.target import Layout, Missing, Provided, Site, Target
from janus_bench.mesh.targets import direct, envoy

_TINY = Options(
    rounds=1, seconds=0.3, streams=((4, 50),), cancels=4, all_phases=False, idle_streams=4, idle_seconds=0.4
)


def of(run: Run, scenario: str, case: str, target: str, figure: Figure) -> float:
    spread = run.results.value(scenario, case, target, figure)
    assert spread is not None, (scenario, case, target, figure)
    return spread.median


@pytest.mark.timeout(180)  # a dozen trials with real processes, on machines that may be busy
def test_a_tiny_run_measures_direct_and_one_proxy(tmp_path: Path) -> None:
    chosen = (idle.SCENARIO, rate.SCENARIO, cancel.SCENARIO)
    run = measure((direct.TARGET, envoy.TARGET), chosen, _TINY, tmp_path)
    assert run.skipped == {}
    assert set(run.versions) == {"direct", "envoy"}
    faults = [fault for _, fault, _ in run.results.faults() if "still" not in fault]
    assert faults == []  # every token in its place; how busy the machine is does not matter here
    assert of(run, "idle", "4 idle, 0.4 s", "envoy", Figure.STREAMS_HELD) == 100
    assert of(run, "rate", "4 x 50/s", "envoy", Figure.CPU_US_PER_TOKEN) > 0
    assert run.results.value("rate", "4 x 50/s", "direct", Figure.CPU_US_PER_TOKEN) is None
    for target in run.versions:
        assert of(run, "rate", "4 x 50/s", target, Figure.DELIVERED) > 50
        for phase in ("before first token", "mid-stream"):
            assert of(run, "cancel", phase, target, Figure.CANCEL_MISSED) == 0
            assert 0 <= of(run, "cancel", phase, target, Figure.CANCEL_P50) < 1_000


def _absent(_cache: Path) -> Provided:
    raise Missing("not sold in this country")


def _unstartable(_provided: Provided, site: Site) -> Layout:
    return envoy.arrange(Provided(("false",), "0"), site)


def test_a_peer_that_cannot_be_had_or_started_is_skipped_with_the_reason(tmp_path: Path) -> None:
    absent = Target("absent", "", _absent, envoy.arrange)
    broken = Target("broken", "", lambda cache: Provided(("false",), "0"), _unstartable)
    run = measure((direct.TARGET, absent, broken), (), _TINY, tmp_path)
    assert run.skipped["absent"] == "not sold in this country"
    assert run.skipped["broken"].startswith("envoy ended with 1")


def test_the_command_writes_table_json_and_chart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers, chart = tmp_path / "answers.json", tmp_path / "chart.svg"
    what = ["--targets", "direct", "--scenarios", "ttft,saturation", "--quick", "--seconds", "0.2"]
    where = ["--json", str(answers), "--chart", str(chart), "--cache", str(tmp_path)]
    assert main([*what, *where]) == 0
    told = capsys.readouterr()
    assert "Time to first token: 32 live" in told.out
    assert "Streams without pace: 32 streams" in told.out
    assert "round 1 of 1: direct" in told.err
    assert json.loads(answers.read_bytes())["samples"][0]["target"] == "direct"
    assert chart.read_text().startswith("<svg")


@pytest.mark.parametrize(
    "words", [["--targets", "direct,apache"], ["--scenarios", ""], ["--streams", "100"], ["--streams", "axb"]]
)
def test_an_option_that_makes_no_sense_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(words)
    assert refusal.value.code == 2
    assert "argument" in capsys.readouterr().err
