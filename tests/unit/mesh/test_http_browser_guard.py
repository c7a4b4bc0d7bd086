"""What a web page of somebody else can make a browser send, and what clients that are no browsers send."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request
from support.http_service import serving

from janus_mesh.http import AllowedHosts, BrowserGuard

JSON = {"content-type": "application/json"}
ALLOWED = "https://pages.example"


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
async def client(calls: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(docs_url=None, redoc_url=None)
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    @app.api_route("/{path:path}", methods=methods)
    async def any_path(path: str, request: Request) -> str:
        calls.append(f"{request.method} /{path}")
        return "done"

    app.add_middleware(
        BrowserGuard,
        hosts=AllowedHosts.of(["api.example", "*.wild.example"], urls=["https://public.example/janus"]),
        origins=[ALLOWED],
        other_types="/uploads",
        any_origin="/preview/.*",
    )
    async with serving(app) as url, httpx.AsyncClient(base_url=url, verify=False) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "localhost:8000",
            "LOCALHOST.",
            "a.localhost",
            "127.0.0.1",
            "127.0.0.1:8000",
            "10.1.2.3",
        ),
        *("[::1]", "[::1]:8000", "[2001:db8::1]", "0.0.0.0", "host.docker.internal:8010"),
        *(
            "api.example",
            "API.example:443",
            "api.example.",
            "public.example",
            "a.wild.example",
            "a.b.wild.example",
        ),
    ],
)
async def test_a_known_name_or_an_address_is_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
        ),
        *("api.example.evil.example", "xapi.example", "wild.example", "xwild.example", "127.1", "2130706433"),
        *("[::1].evil.example", "internal", "a.host.docker.internal"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_a_name_that_somebody_pointed_at_this_machine_is_refused(
    client: httpx.AsyncClient, calls: list[str], method: str, host: str
) -> None:
    answer = await client.request(method, "/", headers={"host": host, **JSON})
    error = answer.json()["error"] if answer.status_code != 400 else {"param": "host"}
    assert (answer.status_code in (400, 403), error["param"]) == (True, "host")
    assert calls == []


async def test_a_probe_may_use_any_name(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health", headers={"host": "edge_cluster"})).status_code == 200
    assert (await client.post("/health", headers={"host": "edge_cluster"})).status_code == 403


def test_a_star_allows_every_name() -> None:
    assert "evil.example" in AllowedHosts.of(["*"])


def test_the_name_that_is_listened_on_is_allowed() -> None:
    assert "janus.lan:8000" in AllowedHosts.of(listening="janus.lan")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", None, "text/json"]
)
async def test_a_body_that_is_not_called_json_is_refused(
    client: httpx.AsyncClient, calls: list[str], content_type: str | None
) -> None:
    """A page may send these to any address without asking."""
    headers = {"content-type": content_type} if content_type else {}
    answer = await client.post("/", content=b"{}", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (
        415,
        "unsupported_media_type",
        "content-type",
    )
    assert calls == []


async def test_a_body_in_chunks_must_be_called_json_too(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"{}"

    answer = await client.post("/", content=chunks(), headers={"content-type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/a+json"]
)
async def test_a_json_body_is_answered(client: httpx.AsyncClient, content_type: str) -> None:
    answer = await client.post("/", content=b"{}", headers={"content-type": content_type})
    assert answer.status_code == 200


async def test_a_post_without_a_body_needs_no_type(client: httpx.AsyncClient) -> None:
    assert (await client.post("/")).status_code == 200


async def test_a_route_that_takes_other_types_says_so(client: httpx.AsyncClient) -> None:
    assert (await client.post("/uploads", content=b"a,b")).status_code == 200
    assert (await client.post("/uploads/other", content=b"a,b")).status_code == 415


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "http://localhost"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_foreign_page_changes_nothing(
    client: httpx.AsyncClient, calls: list[str], method: str, origin: str
) -> None:
    answer = await client.request(method, "/", headers={"origin": origin, **JSON})
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (403, "permission_error", "origin")
    assert calls == []


async def test_a_foreign_page_uploads_nothing_where_every_type_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.post("/uploads", content=b"a,b", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_browser_that_names_another_site_is_refused_without_an_origin(
    client: httpx.AsyncClient, site: str
) -> None:
    answer = await client.post("/", headers={"sec-fetch-site": site})
    assert (answer.status_code, answer.json()["error"]["param"]) == (403, "sec-fetch-site")


async def test_a_browser_is_believed_when_it_contradicts_the_origin(client: httpx.AsyncClient) -> None:
    own = str(client.base_url).rstrip("/")
    answer = await client.post("/", headers={"origin": own, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin"},
        {"origin": ALLOWED, "sec-fetch-site": "cross-site"},
        {"origin": "https://api.example", "host": "api.example"},  # TLS ends before us
        {"origin": "https://api.example", "host": "api.example:443"},
        {"origin": "http://api.example:8080", "host": "API.example:8080", "sec-fetch-site": "same-origin"},
    ],
)
async def test_its_own_pages_allowed_pages_and_other_clients_are_answered(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await client.post("/", content=b"{}", headers={**headers, **JSON})).status_code == 200


async def test_a_foreign_page_may_send_what_changes_nothing(client: httpx.AsyncClient) -> None:
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (await client.get("/", headers=headers)).status_code == 200


async def test_a_preview_of_no_origin_may_use_its_own_server(client: httpx.AsyncClient) -> None:
    headers = {"origin": "null", "sec-fetch-site": "cross-site", **JSON}
    assert (await client.post("/preview/a", content=b"{}", headers=headers)).status_code == 200


async def test_a_star_allows_every_origin() -> None:
    app = FastAPI()
    app.post("/")(lambda: "done")
    app.add_middleware(BrowserGuard, hosts=AllowedHosts(), origins=["*"])
    async with serving(app) as url, httpx.AsyncClient(base_url=url, verify=False) as client:
        assert (await client.post("/", headers={"origin": "https://any.example"})).status_code == 200
