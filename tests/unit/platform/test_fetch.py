"""Web fetch when all goes well: what its caller gets, and what else comes of it."""

import asyncio
import json
import ssl

import pytest
from support.certificates import self_signed
from support.http_competitor import Reply
from support.platform_gate import egress_lines, guarded, shown
from support.small_web import PUBLIC, small_web, text

from janus_platform.fetch.download import Downloaded
from janus_platform.fetch.page import _decoded

ARTICLE = """<!doctype html><html><head><title>On  Bridges</title><script>track()</script></head><body>
<nav><a href="/x">Menu</a></nav><article><h1>On Bridges</h1>
<p>The bridge over the river was built in three years by nine people, and it still stands today.</p>
<p>See <a href="https://example.com/more">the other bridge</a>, which is made of stone and of patience.</p>
</article><footer>cookies</footer></body></html>"""
HTML = "text/html; charset=utf-8"


async def test_a_page_comes_as_markdown_without_what_surrounds_it():
    async with small_web(text(ARTICLE, HTML)) as web:
        page = (await web.fetch("http://public.test/bridges", format="markdown")).json()
    assert page["title"] == "On Bridges"
    assert "built in three years" in page["text"]
    assert "(https://example.com/more)" in page["text"]
    assert "track()" not in page["text"]
    assert (page["status"], page["content_type"], page["truncated"]) == (200, "text/html", False)


async def test_a_page_without_an_article_still_has_its_words():
    async with small_web(text("<html><body><ul><li>one<li>two</ul></body></html>", HTML)) as web:
        page = (await web.fetch("http://public.test/", format="text")).json()
    assert {"one", "two"} <= set(page["text"].split())


@pytest.mark.parametrize("page", ["", "<", "<html>", "\x00" * 100, "<div>" * 3000])
async def test_a_page_that_is_hardly_html_gives_little_but_no_error(page):
    async with small_web(text(page, HTML)) as web:
        answer = await web.fetch("http://public.test/", format="markdown")
    assert answer.status_code == 200


async def test_text_and_json_come_as_they_are():
    async with small_web(text('{"a": 1}', "application/json")) as web:
        page = (await web.fetch("http://public.test/data.json", format="markdown")).json()
    assert json.loads(page["text"]) == {"a": 1}


async def test_a_charset_is_honoured_and_an_unknown_one_survived():
    async with small_web(text("é".encode("latin-1"), "text/plain; charset=ISO-8859-1")) as web:
        assert (await web.fetch("http://public.test/")).json()["text"] == "é"
    async with small_web(text("é", "text/plain; charset=klingon")) as web:
        assert (await web.fetch("http://public.test/")).json()["text"] == "é"


async def test_no_more_text_is_given_than_was_asked_for():
    async with small_web(text("abcdef")) as web:
        page = (await web.fetch("http://public.test/", max_chars=4)).json()
    assert (page["text"], page["truncated"]) == ("abcd", True)


async def test_a_page_that_says_404_is_a_page():
    async def lost(reply: Reply) -> None:
        await reply.body(404, [("content-type", "text/plain")], b"lost")

    async with small_web(lost) as web:
        page = (await web.fetch("http://public.test/")).json()
        assert web.fetched == []
    assert (page["status"], page["text"]) == (404, "lost")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "url"),
        ({"url": 7}, "url"),
        ({"url": "http://a.test/", "format": "pdf"}, "format"),
        ({"url": "http://a.test/", "max_chars": 0}, "max_chars"),
        ({"url": "http://a.test/", "headers": {"x": "y"}}, "headers"),
    ],
)
async def test_a_wrong_field_is_named(body, param):
    async with small_web() as web:
        answer = await web.client.post("/v1/fetch", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_a_name_without_an_address_is_said_to_be_one():
    async with small_web() as web:
        web.names.answers["nowhere.test"] = [[]]
        assert await web.refusal("http://nowhere.test/") == (502, "name_not_resolved")


async def test_a_caller_who_leaves_closes_the_pages_connection():
    async def slow(reply: Reply) -> None:
        await reply.stall()

    async with small_web(slow) as web:
        call = asyncio.create_task(web.fetch("http://public.test/"))
        while not web.server.requests:
            await asyncio.sleep(0)
        call.cancel()
        async with asyncio.timeout(2):
            await web.server.requests[0].disconnected.wait()


async def test_a_fetch_is_charged_and_told_to_who_listens():
    async with small_web(gate=guarded()) as web:
        with egress_lines() as lines:
            body = {"url": "http://public.test/page", "format": "raw"}
            await web.client.post("/v1/fetch", json=body, headers=shown("my-agent"))
        account = (await web.client.get("/v1/usage", headers=shown("my-agent"))).json()
    assert web.fetched == [("my-agent", "http://public.test/page")]
    assert (lines[0]["identity"], lines[0]["destination"]) == ("my-agent", "public.test:80")
    assert account["cost_usd"] >= 0.0001
    assert account["bytes_received"] == len("hello")
    assert web.dialler.dialled == [(PUBLIC, 80)]


@pytest.fixture
def certificate(tmp_path):
    """A certificate of public.test, and its key."""
    return self_signed(tmp_path, "DNS:public.test")


async def test_tls_is_for_the_name_though_the_address_is_dialled(certificate):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)
    names = []
    server.sni_callback = lambda _, name, __: names.append(name)
    client = ssl.create_default_context(cafile=certificate[0])
    async with small_web(server_tls=server, client_tls=client) as web:
        assert (await web.fetch("https://public.test/")).json()["text"] == "hello"
        assert await web.refusal("https://somebody-else.test/") == (502, "fetch_failed")
        assert web.dialler.dialled[0] == (PUBLIC, 443)
    assert names[0] == "public.test"


@pytest.mark.parametrize(
    "charset",
    [
        "punycode",
        "idna",
        "unicode_escape",
        "raw_unicode_escape",
        "zip",
        "hex",
        "undefined",
        "\x00",
        "x" * 500,
    ],
)
def test_a_charset_that_no_page_is_in_is_read_as_utf_8(charset):
    page = Downloaded("http://a.test/", 200, "text/plain", charset, b"plain " * 100_000, 0)
    assert _decoded(page) == "plain " * 100_000


def test_a_charset_of_pages_is_used():
    page = Downloaded("http://a.test/", 200, "text/plain", "iso-8859-1", b"caf\xe9", 0)
    assert _decoded(page) == "caf\u00e9"
