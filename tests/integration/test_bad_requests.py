"""Bad requests against the running stack: a 4xx that names the field, never a 5xx, and nothing breaks."""

import http.client
import json
from collections.abc import Iterator

import httpx
import pytest
from support.bad_requests import BAD_REQUESTS, BadRequest
from support.stack import Stack

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def client(model_stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=model_stack.url, timeout=30) as client:
        yield client


def test_the_table_is_long_enough() -> None:
    assert len(BAD_REQUESTS) >= 60


@pytest.mark.parametrize("bad", BAD_REQUESTS, ids=lambda bad: bad.name)
def test_a_bad_request_is_refused_with_the_field_at_fault(client: httpx.Client, bad: BadRequest) -> None:
    body = bad.body + b" " * (33 * 1024 * 1024 if bad.oversized else 0)
    headers = {} if bad.content_type is None else {"content-type": bad.content_type}
    answer = client.post(CHAT, content=body, headers=headers)
    assert answer.status_code == bad.status, answer.text
    error = answer.json()["error"]
    assert error["param"] == bad.param
    assert error["code"] == bad.code
    assert bad.says in error["message"]
    assert len(error["message"]) < 1000
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", CHAT, 405),
        ("DELETE", "/v1/models", 405),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/models/no-such-model", 404),
        ("GET", "/v1/artifacts/forged", 404),
        ("POST", "/v1/chat/completions/", 404),
    ],
)
def test_a_wrong_path_or_method_has_the_same_kind_of_body(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_body_that_never_comes_is_timed_out_or_dropped(model_stack: Stack) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", model_stack.edge_port, timeout=5)
    connection.putrequest("POST", CHAT)
    connection.putheader("content-type", "application/json")
    connection.putheader("content-length", "100")
    connection.endheaders(b'{"model":')
    connection.close()  # the client gives up in the middle of its own body
    assert httpx.get(f"{model_stack.url}/health").status_code == 200


def test_after_all_that_an_answer_comes(client: httpx.Client) -> None:
    question = {"model": "baseline", "max_tokens": 4, "messages": [{"role": "user", "content": "Hi"}]}
    answer = client.post(CHAT, content=json.dumps(question), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
