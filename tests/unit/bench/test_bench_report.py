"""What a run looks like: tables, JSON and the chart."""

import json
from xml.etree import ElementTree as ET

from janus_bench.machine import this_machine
from janus_bench.mesh import scenarios
from janus_bench.mesh.chart import as_svg
from janus_bench.mesh.driver import Run
from janus_bench.mesh.figures import Spread
from janus_bench.mesh.report import as_json, as_text, table, written
from janus_bench.mesh.results import Figure, Reading, Results, Sample
from janus_bench.mesh.scenario import Options

_CASE = "100 x 50/s"


def reading(
    cpu: float, parts: dict[str, float] | None = None, faults: dict[str, int] | None = None
) -> Reading:
    figures = {Figure.CPU_US_PER_TOKEN: cpu, Figure.TTFT_P50: cpu / 10, Figure.DELIVERED: 100.0}
    return Reading(figures, parts or {}, faults or {})


def a_run() -> Run:
    results = Results(
        [
            Sample("rate", _CASE, "direct", 0, Reading({Figure.TTFT_P50: 0.5})),
            Sample("rate", _CASE, "envoy", 0, reading(30.0)),
            Sample("rate", _CASE, "envoy", 1, reading(20.0)),
            Sample("rate", _CASE, "janus", 0, reading(90.0, {"shim": 40.0, "edge": 50.0})),
            Sample("rate", _CASE, "janus", 1, reading(40.0, {"shim": 15.0, "edge": 25.0}, {"status 502": 3})),
        ]
    )
    versions = {"direct": "-", "envoy": "1.40.0", "janus": "0.1.0"}
    return Run(this_machine(), Options(rounds=2), versions, {"portkey": "no Node.js here"}, results, 12.3)


def line_of(text: str, start: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.strip().startswith(start))


def test_the_text_names_machine_versions_and_what_was_not_measured() -> None:
    text = as_text(a_run(), scenarios.ALL)
    assert f"{this_machine().cores} cores of" in text
    assert "envoy 1.40.0, janus 0.1.0" in text
    assert "not measured: portkey: no Node.js here" in text


def test_a_row_tells_the_figure_its_range_its_ratio_and_its_processes() -> None:
    text = as_text(a_run(), scenarios.ALL)
    row = " ".join(line_of(text, "janus "))
    assert "65.0 [40.0 .. 90.0] 2.50 [2.00 .. 3.00]" in row
    assert row.endswith("shim 27.5 edge 37.5")


def test_a_scenario_that_was_not_measured_has_no_table() -> None:
    text = as_text(a_run(), scenarios.ALL)
    assert "Paced streams" in text
    assert "Idle streams" not in text


def test_promises_stand_with_their_bound_and_verdict() -> None:
    text = as_text(a_run(), scenarios.ALL)
    row = next(line for line in text.splitlines() if "100 x 50/s: CPU per token, times envoy's" in line)
    assert row.split()[-4:] == ["<=", "3", "2.50", "kept"]


def test_faults_are_listed_with_their_place() -> None:
    assert "janus, rate 100 x 50/s, round 2: 3 x status 502" in as_text(a_run(), scenarios.ALL)


def test_columns_line_up() -> None:
    first, second = table([["", "a", "long title"], ["name", "1,000", "2"]])
    assert first == "            a  long title"
    assert second == "  name  1,000           2"


def test_a_figure_of_one_round_has_no_range() -> None:
    assert written(Spread(1234.56, 1234.56, 1234.56, 1), 1) == "1,234.6"
    assert written(Spread(2.0, 1.0, 3.0, 3), 0) == "2 [1 .. 3]"
    assert written(None, 1) == "-"


def test_the_json_holds_every_reading() -> None:
    document = json.loads(as_json(a_run()))
    assert document["versions"]["envoy"] == "1.40.0"
    assert document["skipped"] == {"portkey": "no Node.js here"}
    assert document["options"]["rounds"] == 2
    assert len(document["samples"]) == 5
    last = document["samples"][-1]
    assert (last["target"], last["round"]) == ("janus", 1)
    assert last["reading"]["figures"]["cpu_us_per_token"] == 40.0
    assert last["reading"]["parts"] == {"shim": 15.0, "edge": 25.0}


def test_the_chart_is_a_drawing_with_a_bar_for_each_target() -> None:
    root = ET.fromstring(as_svg(a_run()))
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "100 x 50/s: CPU per token, us" in words
    assert words.count("envoy") == 1
    assert "65" in words


def test_a_run_that_measured_nothing_still_draws() -> None:
    nothing = Run(this_machine(), Options(), {}, {}, Results(), 0.0)
    ET.fromstring(as_svg(nothing))
    assert "Faults" not in as_text(nothing, scenarios.ALL)
