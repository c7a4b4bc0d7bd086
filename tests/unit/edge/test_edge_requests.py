"""Rules that hold for every request: ids, errors in OpenAI's shape, keys, CORS."""

import json
import re

import pytest
from support.edge_stack import metric, running_edge

import janus_mesh as mesh
from janus_mesh import errors

ORIGIN = "http://localhost:3000"
HEAD_OF_HEALTH = {"method": "HEAD", "route": "/health", "status": "200"}


@pytest.mark.parametrize(
    "path", ["/health", "/v1/models", "/v1/models/none", "/nowhere", "/metrics", "/docs"]
)
async def test_every_response_bears_a_request_id(path: str) -> None:
    async with running_edge() as edge:
        response = await edge.client.get(path)
    assert re.fullmatch(r"req_[0-9a-f]{32}", response.headers["x-request-id"])


@pytest.mark.parametrize("given", ["a", "trace-1.b_C", "x" * 128])
async def test_a_clients_request_id_is_taken(given: str) -> None:
    async with running_edge() as edge:
        response = await edge.chat()
        taken = await edge.client.get("/health", headers={"x-request-id": given})
    assert response.headers["x-request-id"] != given
    assert taken.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "with space", "x" * 129, "semi;colon", "é"])
async def test_a_request_id_that_is_unfit_is_replaced(given: str) -> None:
    async with running_edge() as edge:
        response = await edge.client.get("/health", headers={"x-request-id": given.encode()})
    assert response.headers["x-request-id"].startswith("req_")


async def test_an_unknown_path_is_404_in_openais_shape() -> None:
    async with running_edge() as edge:
        response = await edge.client.post("/v1/embeddings", json={})
    assert response.status_code == 404
    assert response.json()["error"] == {
        "message": "there is no POST /v1/embeddings",
        "type": "invalid_request_error",
        "param": None,
        "code": "not_found",
    }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/chat/completions", "POST"),
        ("HEAD", "/v1/chat/completions", "POST"),
        ("POST", "/v1/models", "GET, HEAD"),
        ("DELETE", "/v1/artifacts/x", "GET, HEAD"),
        ("PUT", "/openapi.json", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_405_and_names_the_right_ones(method: str, path: str, allowed: str) -> None:
    async with running_edge() as edge:
        response = await edge.client.request(method, path)
    assert response.status_code == 405
    assert ", ".join(sorted(response.headers["allow"].split(", "))) == allowed
    if method != "HEAD":
        assert response.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/api/v1/chat/completions", "/v1/chat/completions"),
        ("//v1//chat/completions", "/v1/chat/completions"),
        ("/models", "/v1/models"),
        ("/v1/v1/models", "/v1/models"),
        ("/v1", "/v1/chat/completions"),
    ],
)
async def test_a_path_that_nearly_is_one_of_ours_is_404_with_a_hint(path: str, meant: str) -> None:
    async with running_edge() as edge, edge.connection() as connection:
        asked = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n"
        await connection.send(asked.encode())
        head = await connection.read_until(b"\r\n\r\n")
        body = await connection.read_until(b"}}")
    assert b" 404 " in head
    assert meant in json.loads(body)["error"]["message"].partition(";")[2]


async def test_a_missing_model_name_has_a_hint() -> None:
    async with running_edge() as edge:
        response = await edge.client.get("/v1/models/")
    assert response.status_code == 404
    assert "did you mean /v1/models?" in response.json()["error"]["message"]


async def test_a_long_path_is_not_repeated_whole() -> None:
    async with running_edge() as edge:
        response = await edge.client.get("/" + "x" * 5000)
    assert len(response.text) < 500


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/metrics", "/openapi.json", "/docs", "/nothing"])
async def test_head_is_answered_as_get_without_the_body(path: str) -> None:
    async with running_edge() as edge:
        got = await edge.client.get(path)
        async with edge.connection() as connection:
            asked = f"HEAD {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
            await connection.send(asked.encode())
            told = await connection.read_rest()
    head, _, body = told.partition(b"\r\n\r\n")
    assert body == b""
    assert f" {got.status_code} ".encode() in head.split(b"\r\n")[0]
    assert b"content-length: " in head


async def test_head_requests_are_counted_by_their_path() -> None:
    async with running_edge() as edge:
        before = metric(
            (await edge.client.get("/metrics")).text, "janus_http_requests_total", **HEAD_OF_HEALTH
        )
        await edge.client.head("/health")
        after = metric(
            (await edge.client.get("/metrics")).text, "janus_http_requests_total", **HEAD_OF_HEALTH
        )
    assert after - before == 1


async def test_a_bad_query_parameter_is_400_and_named() -> None:
    async with running_edge() as edge:
        response = await edge.client.get("/health?ready=perhaps")
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "ready"


async def test_a_bug_is_500_and_tells_nothing_but_the_request_id() -> None:
    async with running_edge() as edge:

        @edge.app.get("/buggy")
        async def buggy() -> None:
            raise ValueError("secret")

        response = await edge.client.get("/buggy", headers={"x-request-id": "mine", "origin": ORIGIN})
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
    assert "mine" in response.json()["error"]["message"]
    assert "secret" not in response.text
    assert response.headers["x-request-id"] == "mine"
    assert response.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidRequest("m", param="messages"), 400),
        (errors.Unauthenticated("m"), 401),
        (errors.PermissionDenied("m"), 403),
        (errors.ModelNotFound("m"), 404),
        (errors.RateLimited("m"), 429),
        (errors.Overloaded("m"), 429),
        (errors.CompetitorRejected("m", competitor_status=422), 422),
        (errors.CompetitorFailed("m"), 502),
        (errors.Unavailable("m"), 503),
        (errors.CompetitorTimeout("m"), 504),
        (errors.DeadlineExceeded("m"), 504),
        (errors.Internal("m"), 500),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_an_error_of_the_mesh_has_its_status_and_openais_body(
    error: errors.JanusError, status: int
) -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        raise error

    async with running_edge() as edge:
        edge.router.answer = answer
        response = await edge.chat()
    assert response.status_code == status
    assert response.json() == error.openai_body()


async def test_without_keys_the_edge_is_open() -> None:
    async with running_edge() as edge:
        assert (await edge.client.get("/v1/models")).status_code == 200


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer", "Basic a2V5", "Bearer key-on"])
@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/x"])
async def test_where_keys_are_set_a_request_without_one_is_401(path: str, header: str | None) -> None:
    async with running_edge(api_keys="key-one,key-two") as edge:
        headers = {"authorization": header} if header else {}
        response = await edge.client.get(path, headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "authentication_error"
    assert response.headers["www-authenticate"] == "Bearer"
    assert "x-request-id" in response.headers


async def test_any_of_the_keys_opens_and_health_needs_none() -> None:
    async with running_edge(api_keys="key-one, key-two") as edge:
        for key in ("key-one", "key-two"):
            headers = {"authorization": f"Bearer {key}"}
            assert (await edge.client.get("/v1/models", headers=headers)).status_code == 200
        assert (await edge.client.get("/health")).status_code == 200


@pytest.mark.parametrize("header", ["x-api-key", "api-key", "X-API-Key"])
async def test_a_key_may_stand_in_the_headers_of_other_apis(header: str) -> None:
    async with running_edge(api_keys="key-one") as edge:
        headers = {header: "key-one"}
        assert (await edge.client.get("/v1/models", headers=headers)).status_code == 200
        assert (await edge.chat(headers=headers)).status_code == 200
        assert (await edge.chat(headers={header: "wrong"})).status_code == 401
        # A proxy's own credentials do not hide the key.
        both = {"authorization": "Basic a2V5", **headers}
        assert (await edge.chat(headers=both)).status_code == 200


async def test_a_bearer_key_goes_before_the_other_headers() -> None:
    async with running_edge(api_keys="key-one") as edge:
        response = await edge.chat(headers={"authorization": "Bearer wrong", "x-api-key": "key-one"})
    assert response.status_code == 401


async def test_an_artifacts_signed_id_stands_in_for_the_key() -> None:
    async with running_edge(api_keys="key-one") as edge:
        assert (await edge.client.get("/v1/artifacts/forged")).status_code == 404


async def test_a_chat_without_a_key_is_refused_before_its_body_is_read() -> None:
    async with running_edge(api_keys="key-one") as edge, edge.connection() as connection:
        await connection.send_head(b"x" * 1000)
        head = await connection.read_until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 ")


async def test_a_browser_on_an_allowed_origin_may_ask() -> None:
    async with running_edge() as edge:
        preflight = await edge.client.options(
            "/v1/chat/completions",
            headers={
                "origin": ORIGIN,
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,content-type,x-request-id",
            },
        )
        response = await edge.client.get("/v1/models", headers={"origin": ORIGIN})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in preflight.headers
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in response.headers["access-control-expose-headers"]


async def test_a_browser_elsewhere_may_not() -> None:
    async with running_edge(cors_origins="https://ui.example") as edge:
        response = await edge.client.get("/v1/models", headers={"origin": ORIGIN})
        allowed = await edge.client.get("/v1/models", headers={"origin": "https://ui.example"})
    assert "access-control-allow-origin" not in response.headers
    assert allowed.headers["access-control-allow-origin"] == "https://ui.example"
