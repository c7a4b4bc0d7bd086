"""The built pages, served beside the API by a real edge."""

import base64
import gzip
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from support.edge_stack import EdgeStack, running_edge

SCRIPT = "document.title = 'Janus'"
PAGE = f"<!doctype html><script>{SCRIPT}</script><script src='/_next/static/a.js'></script><h1>Chat</h1>"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / "_next/static").mkdir(parents=True)
    (folder / "marketplace").mkdir()
    (folder / "index.html").write_text("<!doctype html><h1>Landing</h1>")
    (folder / "404.html").write_text("<!doctype html><h1>No such page</h1>")
    (folder / "chat.html").write_text(PAGE)
    (folder / "chat.html.br").write_bytes(b"brotli")
    (folder / "chat.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (folder / "marketplace.html").write_text("<!doctype html><h1>Marketplace</h1>")
    (folder / "_next/static/a.js").write_text("0")
    (folder / ".secret").write_text("not for anybody")
    (tmp_path / "outside.html").write_text("not for anybody")
    return folder


@pytest_asyncio.fixture
async def edge(export: Path) -> AsyncIterator[EdgeStack]:
    async with running_edge(ui_dir=export) as edge:
        yield edge


@pytest.mark.parametrize(
    ("path", "heading"),
    [("/", "Landing"), ("/chat", "Chat"), ("/chat/", "Chat"), ("/marketplace", "Marketplace")],
)
async def test_addresses_are_clean(edge: EdgeStack, path: str, heading: str) -> None:
    answer = await edge.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<h1>{heading}</h1>" in answer.text


async def test_a_head_has_no_body(edge: EdgeStack) -> None:
    answer = await edge.client.head("/chat", headers={"accept-encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(PAGE))


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None), ("", None)],
)
async def test_the_smallest_form_that_the_client_takes_is_sent(
    edge: EdgeStack, accepted: str, encoding: str | None
) -> None:
    async with edge.client.stream("GET", "/chat", headers={"accept-encoding": accepted}) as answer:
        assert answer.headers.get("content-encoding") == encoding
        assert "accept-encoding" in answer.headers["vary"].lower()
        assert answer.headers["content-type"].startswith("text/html")


async def test_pages_are_asked_for_again_and_hashed_assets_never(edge: EdgeStack) -> None:
    page, asset = await edge.client.get("/chat"), await edge.client.get("/_next/static/a.js")
    assert page.headers["cache-control"] == "no-cache"
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_page_that_the_client_has_is_not_sent_again(edge: EdgeStack, export: Path) -> None:
    etag = (await edge.client.get("/chat")).headers["etag"]
    again = await edge.client.get("/chat", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    (export / "chat.html").write_text(PAGE + "<p>rebuilt</p>")
    assert (await edge.client.get("/chat", headers={"if-none-match": etag})).status_code == 200


async def test_a_page_may_run_its_own_scripts_and_nothing_else(edge: EdgeStack) -> None:
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = (await edge.client.get("/chat")).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == f"'self' 'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"


async def test_the_policy_follows_a_rebuilt_page(edge: EdgeStack, export: Path) -> None:
    before = (await edge.client.get("/chat")).headers["content-security-policy"]
    (export / "chat.html").write_text("<script>other()</script>")
    assert (await edge.client.get("/chat")).headers["content-security-policy"] != before


@pytest.mark.parametrize(
    "path",
    ["/.secret", "/../outside.html", "/%2e%2e/outside.html", "/..%2foutside", "/chat.html.br", "/x%00y"],
)
async def test_only_the_export_is_served(edge: EdgeStack, path: str) -> None:
    async with httpx.AsyncClient(base_url=edge.client.base_url) as client:
        answer = await client.request(
            "GET", httpx.URL(str(client.base_url)).copy_with(raw_path=path.encode())
        )
    assert answer.status_code in (400, 404)
    assert "not for anybody" not in answer.text


async def test_people_get_a_page_for_a_wrong_address_and_programs_an_error(edge: EdgeStack) -> None:
    person = await edge.client.get("/nowhere", headers={"accept": "text/html,*/*"})
    program = await edge.client.get("/nowhere")
    of_the_api = await edge.client.get("/v1/nowhere", headers={"accept": "text/html"})
    assert (person.status_code, "No such page" in person.text) == (404, True)
    assert program.json()["error"]["code"] == of_the_api.json()["error"]["code"] == "not_found"


async def test_the_api_goes_before_the_pages(edge: EdgeStack, export: Path) -> None:
    (export / "health.html").write_text("a page")
    (export / "v1").mkdir()
    (export / "v1/models").write_text("a file")
    assert (await edge.client.get("/health")).json()["status"] == "ok"
    assert (await edge.client.get("/v1/models")).json()["object"] == "list"
    assert (await edge.client.get("/v1/chat/completions")).status_code == 405


async def test_without_built_pages_the_edge_says_how_to_build_them(tmp_path: Path) -> None:
    async with running_edge(ui_dir=tmp_path / "nothing") as edge:
        answer = await edge.client.get("/", headers={"accept": "text/html"})
        assert answer.status_code == 404
        assert "make ui" in answer.json()["error"]["message"]
        assert (await edge.client.get("/chat")).status_code == 404
        assert (await edge.client.get("/health")).status_code == 200


async def test_metrics_know_the_pages_by_one_name(edge: EdgeStack) -> None:
    await edge.client.get("/chat")
    text = (await edge.client.get("/metrics")).text
    assert 'route="ui"' in text
    assert "/chat" not in text.replace("/v1/chat", "")
