"""What is believed of a bundle, and what is refused with its place."""

import json
from typing import Any

import pytest
from support.bundles import Signer, a_run, figure, hashed

from janus_competition.runs import bundle
from janus_competition.runs.signature import PublicKey
from janus_mesh.errors import InvalidRequest, PayloadTooLarge, PermissionDenied

SIGNER = Signer()
TRUSTED = (PublicKey.parse(SIGNER.public_key),)


def opened(run: dict[str, Any]) -> bundle.Bundle:
    return bundle.opened(SIGNER.bundle(run), TRUSTED)


def fault(run: dict[str, Any]) -> str:
    with pytest.raises(InvalidRequest) as caught:
        opened(run)
    return caught.value.param


def changed(component: str, **values: Any) -> dict[str, Any]:
    components = a_run()["components"]
    components[component] = components[component] | values
    return a_run(components=components)


def test_a_sound_bundle_is_opened() -> None:
    found = opened(a_run(score=64.5))
    assert (found.run.target.competitor_id, found.run.composite.value) == ("alpha", 64.5)
    assert found.signed_by.fingerprint == TRUSTED[0].fingerprint


def test_a_bundle_of_too_many_values_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InvalidRequest, match="more than 300000 JSON values"):
        bundle.opened(b"[" + b"1," * 300_000, TRUSTED)


def test_fields_that_are_unknown_here_are_signed_and_let_through() -> None:
    assert opened(a_run(weather={"rain": True})).run.id == "run_1"


def test_a_component_that_was_not_measured_leaves_its_weight_to_the_others() -> None:
    run = changed("modality", value=0.0, low=0.0, high=0.0, n=0)
    assert not opened(run).run.components["modality"].measured


def test_a_key_that_is_not_trusted_is_refused_with_the_way_to_mend_it() -> None:
    stranger = Signer()
    with pytest.raises(PermissionDenied, match="JANUS_COMPETITION_TRUSTED_KEYS") as caught:
        bundle.opened(stranger.bundle(a_run()), TRUSTED)
    assert stranger.public_key in caught.value.message
    assert (caught.value.param, caught.value.code) == ("public_key", "untrusted_key")


def test_nobody_is_trusted_by_default() -> None:
    with pytest.raises(PermissionDenied):
        bundle.opened(SIGNER.bundle(a_run()), ())


def test_a_run_that_was_changed_after_it_was_signed_is_refused() -> None:
    parts = SIGNER.parts(a_run())
    parts["run"]["composite"]["value"] = 99.0
    with pytest.raises(InvalidRequest) as caught:
        bundle.opened(json.dumps(parts).encode(), TRUSTED)
    assert caught.value.param == "signature"


@pytest.mark.parametrize("value", ["", "AA==", "no base64", 3])
def test_a_signature_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequest) as caught:
        bundle.opened(json.dumps(SIGNER.parts(a_run()) | {"signature": value}).encode(), TRUSTED)
    assert caught.value.param == "signature"


def test_a_hash_of_other_content_is_refused() -> None:
    assert fault(a_run() | {"content_sha256": "0" * 64}) == "run.content_sha256"


@pytest.mark.parametrize("missing", ["format", "public_key", "run", "signature"])
def test_each_part_of_a_bundle_is_needed(missing: str) -> None:
    parts = {name: value for name, value in SIGNER.parts(a_run()).items() if name != missing}
    with pytest.raises(InvalidRequest) as caught:
        bundle.opened(json.dumps(parts).encode(), TRUSTED)
    assert caught.value.param == missing


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{", b'{"a": NaN}', b'{"run": 1, "run": 2}', b"\xff", b"[" * 100_000],
    ids=["empty", "list", "cut", "nan", "twice", "no-utf8", "deep"],
)
def test_what_is_no_bundle_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidRequest):
        bundle.opened(text, TRUSTED)


def test_a_bundle_beyond_all_measure_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "MAX_BYTES", 10)
    with pytest.raises(PayloadTooLarge):
        opened(a_run())


@pytest.mark.parametrize(
    ("run", "place"),
    [
        (a_run(schema_version=2), "run.schema_version"),
        (a_run(run_id="nameless"), "run.id"),
        (a_run(created_at="yesterday"), "run.created_at"),
        (a_run(target={"competitor_id": "../etc"}), "run.target.competitor_id"),
        (a_run(suite=""), "run.suite.name"),
        (a_run(tasks=[]), "run.tasks"),
        (a_run(composite=figure(50) | {"high": 101}), "run.composite.high"),
        (a_run(components={"looks": {}}), "run.components.looks.[key]"),
    ],
)
def test_a_field_that_is_not_of_the_schema_is_named(run: dict[str, Any], place: str) -> None:
    assert fault(run) == place


@pytest.mark.parametrize(
    ("run", "place"),
    [
        (a_run(composite=figure(90)), "run.composite.value"),
        (changed("quality", value=90, low=89, high=91), "run.composite.value"),
        (changed("quality", weight=100), "run.components.quality.weight"),
        (changed("speed", low=80, high=90), "run.components.speed.value"),
        (changed("cost", low=None), "run.components.cost.low"),
        (a_run(components={}), "run.components"),
        (a_run(composite={"value": 70, "low": 71, "high": 72}), "run.composite.value"),
    ],
)
def test_figures_that_do_not_follow_from_each_other_are_refused(run: dict[str, Any], place: str) -> None:
    assert fault(run) == place


@pytest.mark.parametrize("change", [{"config": {"stopped": "interrupted"}}, {"tasks": a_run()["tasks"][:1]}])
def test_a_run_that_left_tasks_out_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="unfinished") as caught:
        opened(a_run(**change))
    assert (caught.value.param, caught.value.code) == ("run.tasks", "unfinished_run")


def test_figures_may_have_been_rounded() -> None:
    assert opened(a_run(composite={"value": 70.1, "low": 69.0, "high": 71.0})).run.composite.value == 70.1


def test_the_hash_is_over_the_canonical_form() -> None:
    run = a_run()
    shuffled = dict(reversed(run.items()))
    assert opened(hashed(shuffled)).content_sha256 == run["content_sha256"]
