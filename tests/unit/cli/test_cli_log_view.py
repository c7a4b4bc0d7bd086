"""How log lines look to people."""

import json

import pytest

from janus_cli.log_view import Style, essence, render

PLAIN, COLOUR = Style(colour=False), Style(colour=True)


def line(**entry):
    return json.dumps({"timestamp": "2026-01-02T03:04:05.678901Z", "level": "info", **entry})


def test_a_json_line_becomes_time_service_level_event_and_particulars(monkeypatch):
    shown = render("router", line(event="exchange", end="finish", seconds=0.25, models=["a"]), PLAIN)
    time, service, level, event, *particulars = shown.split()
    assert time.endswith(":05.678")
    assert (service, level, event) == ("router", "info", "exchange")
    assert particulars == ["end=finish", "seconds=0.25", 'models=["a"]']


def test_what_machines_alone_need_is_left_to_the_raw_log():
    shown = render("edge", line(event="x", service="edge", logger="l", trace_id="t", error=None), PLAIN)
    assert shown.endswith("info    x")


def test_values_with_spaces_are_quoted():
    assert 'reason="no room"' in render("edge", line(event="x", reason="no room"), PLAIN)


def test_a_traceback_is_unfolded_below_its_line():
    trace = 'Traceback (most recent call last):\n  File "x"\nValueError: bad'
    first, *rest = render("edge", line(event="failed", exception=trace), PLAIN).splitlines()
    assert first.endswith("failed")
    assert rest == ["    Traceback (most recent call last):", '      File "x"', "    ValueError: bad"]


@pytest.mark.parametrize("text", ["plain words", "{not json", '{"no": "event"}', "[1]"])
def test_a_line_of_another_form_is_shown_as_it_is(text):
    assert render("edge", text, PLAIN).split(None, 1) == ["edge", text]


def test_an_empty_line_is_not_shown():
    assert render("edge", "  ", PLAIN) is None


@pytest.mark.parametrize("path", ["/health", "/health?ready=1", "/metrics"])
def test_being_asked_for_ones_health_is_no_news(path):
    assert render("edge", line(event="request", path=path, status=200), PLAIN) is None


def test_the_http_servers_chatter_is_not_shown_but_its_warnings_are():
    chatter = {"event": "Uvicorn running", "logger": "uvicorn.error"}
    assert render("edge", line(**chatter), PLAIN) is None
    assert render("edge", line(**chatter, level="warning"), PLAIN)


def test_the_essence_is_without_time_and_service():
    assert essence(line(event="ready", port=7), PLAIN) == "info    ready port=7"
    assert essence("  File 'x'", PLAIN) == "  File 'x'"
    assert essence("", PLAIN) is None


def test_failing_health_is_news():
    assert "503" in render("edge", line(event="request", path="/health", status=503), PLAIN)


def test_a_log_cannot_steer_the_terminal():
    for text in ("\x1b[2Jgone", line(event="\x1b]0;title\x07", field="\x1b[31m")):
        assert "\x1b" not in render("edge", text, PLAIN)


def test_colours_tell_services_and_levels_apart():
    shown = {render(name, line(event="x"), COLOUR).replace(name, "") for name in ("edge", "router", "shim")}
    assert len(shown) == 3
    assert "31m" in render("edge", line(event="x", level="error"), COLOUR)


def test_a_bad_time_does_not_hide_the_line():
    assert "event" in render("edge", json.dumps({"event": "event", "timestamp": 7}), PLAIN)
