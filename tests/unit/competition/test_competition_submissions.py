"""Entering a competitor: checked field by field, stored once, shown without the contact."""

import pytest
from support.bundles import Signer, a_run
from support.competition_service import Competition, client, refusal

from janus_competition.submissions.form import checked
from janus_mesh.errors import Conflict, InvalidRequest, RateLimited
from janus_proto._gen.janus.competition.v1 import competition_pb2 as pb

GOOD = {
    "name": "my-agent",
    "address": "http://127.0.0.1:9999",
    "transport": "http",
    "license": "MIT",
    "description": "Answers in verse",
    "contact": "me@example.org",
}


def entry(address: str = "198.51.100.7", **changes: str) -> pb.CreateSubmissionRequest:
    return pb.CreateSubmissionRequest(submission=pb.Submission(**GOOD | changes), client=client(address))


async def listed(competition: Competition) -> list[pb.Submission]:
    return list((await competition.runs.ListSubmissions(pb.ListSubmissionsRequest())).submissions)


async def test_an_entry_is_stored_and_shown_without_its_contact(competition: Competition) -> None:
    stored = (await competition.runs.CreateSubmission(entry())).submission
    assert stored.id.startswith("sub_")
    assert await listed(competition) == [stored]
    assert (stored.name, stored.contact) == ("my-agent", "")
    assert stored.status == pb.SUBMISSION_STATUS_RECEIVED


async def test_the_newest_entry_comes_first(competition: Competition) -> None:
    for name in ("first", "second"):
        await competition.runs.CreateSubmission(entry(name=name))
    assert [one.name for one in await listed(competition)] == ["second", "first"]


async def test_a_name_is_entered_once(competition: Competition) -> None:
    await competition.runs.CreateSubmission(entry())
    error = await refusal(competition.runs.CreateSubmission(entry("203.0.113.9")))
    assert isinstance(error, Conflict)
    assert (error.param, error.code) == ("name", "name_taken")


async def test_one_address_enters_only_so_many_a_day(competition: Competition) -> None:
    for name in ("one", "two"):
        await competition.runs.CreateSubmission(entry(name=name))
    error = await refusal(competition.runs.CreateSubmission(entry(name="three")))
    assert isinstance(error, RateLimited)
    assert error.retry_after > 3600
    await competition.runs.CreateSubmission(entry("203.0.113.9", name="other"))


async def test_an_entry_with_a_published_run_is_measured(competition: Competition, signer: Signer) -> None:
    await competition.runs.CreateSubmission(entry())
    bundle = signer.bundle(a_run(competitor="my-agent"))
    await competition.runs.PublishRun(pb.PublishRunRequest(bundle_json=bundle))
    assert [one.status for one in await listed(competition)] == [pb.SUBMISSION_STATUS_MEASURED]


@pytest.mark.parametrize(
    ("transport", "address"),
    [
        ("http", "https://agent.example/v1"),
        ("grpc", "grpc://10.0.0.1:50051"),
        ("image", "ghcr.io/you/agent:1.0"),
        ("image", "localhost:5000/agent@sha256:" + "a" * 64),
        ("image", "agent"),
    ],
)
def test_an_address_fits_its_transport(transport: str, address: str) -> None:
    assert checked(pb.Submission(**GOOD | {"transport": transport, "address": address})).address == address


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "My Agent"),
        ("name", "a"),
        ("name", "a" * 64),
        ("transport", "pigeon"),
        ("address", ""),
        ("address", "grpc://host:1"),
        ("address", "http://"),
        ("address", "http://user@host"),
        ("address", "http://host:port"),
        ("address", "javascript:alert(1)"),
        ("address", "http://a" + "a" * 512),
        ("license", "the usual one!"),
        ("description", " "),
        ("description", "x" * 301),
        ("description", "a\x00b"),
        ("contact", "nobody"),
        ("contact", "a@b.c\nBcc: all@example.org"),
    ],
)
def test_each_wrong_field_is_named(field: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        checked(pb.Submission(**GOOD | {field: value}))
    assert caught.value.param == field
