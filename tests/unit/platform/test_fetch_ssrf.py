"""Web fetch reaches the public web and nothing else, whatever a caller, a name server or a page tries.

Nothing here can leave the machine: names are resolved by the test, and every connection goes to the
test's server on loopback, whatever address was chosen; which one that was is what the tests look at.
"""

import asyncio
import gzip
import ipaddress
import itertools
import zlib
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import competitor_scripts as scripts
from support.http_competitor import Reply
from support.platform_gate import egress_lines
from support.small_web import LIMIT, OTHER_PUBLIC, PUBLIC, redirect, small_web, text

from janus_platform.fetch.addresses import why_not_public

# Addresses that are somebody's inside, in every form that would lead there.
INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",  # metadata at Alibaba
    "168.63.129.16",  # metadata at Azure, though public by number
    "169.254.169.254",  # metadata nearly everywhere
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",  # metadata at Oracle
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0:0:1",
    "::ffff:0:7f00:1",  # IPv4-translated
    "::ffff:0:169.254.169.254",
    "::ffff:0:8.8.8.8",
    "2606:4700::5efe:127.0.0.1",  # ISATAP
    "2606:4700::200:5efe:10.0.0.1",
    "2620:4f:8000::1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata at Amazon
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


def as_host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("address", INSIDE)
async def test_an_inside_address_is_refused_as_a_literal(address):
    async with small_web() as web:
        assert await web.refusal(f"http://{as_host(address)}/") == (403, "address_refused")
        assert web.dialler.dialled == []


@pytest.mark.parametrize("address", INSIDE)
async def test_an_inside_address_is_refused_behind_a_name(address):
    async with small_web() as web:
        web.names.answers["inside.test"] = [[address]]
        assert await web.refusal("http://inside.test/") == (403, "address_refused")
        assert web.dialler.dialled == []


@pytest.mark.parametrize("order", [[PUBLIC, "127.0.0.1"], ["::1", PUBLIC]])
async def test_one_inside_address_among_public_ones_spoils_the_name(order):
    async with small_web() as web:
        web.names.answers["mixed.test"] = [order]
        assert await web.refusal("http://mixed.test/") == (403, "address_refused")
        assert web.dialler.dialled == []


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_ipv6_wraps_it(address):
    number = int(address)
    wrapped = [
        IPv6Address(f"::ffff:{address}"),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    inside = bool(why_not_public(address))
    assert [bool(why_not_public(each)) for each in wrapped] == [inside] * 3


@given(st.ip_addresses())
def test_what_python_calls_not_global_is_never_public(address):
    if not address.is_global:
        assert why_not_public(address)


@pytest.mark.parametrize("address", [PUBLIC, OTHER_PUBLIC, "1.1.1.1", "8.8.8.8", "2001:4860:4860::8888"])
def test_public_addresses_are_public(address):
    assert why_not_public(ipaddress.ip_address(address)) == ""


# Hosts that read one way here and another way there.


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",  # decimal
        "0x7f000001",  # hexadecimal
        "017700000001",  # octal
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        "1.2.3.4.5",
        "256.256.256.256",
        "example.com.0x7f",
        "①②⑦.⓪.⓪.①",  # circled and full-width digits become plain ones by IDNA
        "\uff11\uff12\uff17.0.0.1",
        "127。0。0。1",
        "[::1%25lo]",
        "[fe80::1%25eth0]",
        "[::ffff:127.0.0.1",
        "[v1.x]",
        "",
        ".",
        "a..b",
        "-",
        "a_b.test:80:80",
        "%6c%6f%63alhost%2e",
        "x" * 64 + ".test",
        "evil.test\\@inside.test",
        "evil.test\t.inside.test",
        "evil.test\r\nhost: inside.test",
        "evil.test\x00.inside.test",
        "evil.test inside.test",
    ],
)
async def test_a_host_that_is_no_plain_name_or_address_is_refused(host):
    async with small_web() as web:
        web.names.answers[host] = [["127.0.0.1"]]
        status, code = await web.refusal(f"http://{host}/")
        assert (status, code) in {(400, "url_refused"), (403, "address_refused")}
        assert web.dialler.dialled == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://public.test:70/_GET",
        "ftp://public.test/",
        "dict://public.test:11211/stat",
        "ldap://public.test/",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "jar:http://public.test!/",
        "unix:/var/run/docker.sock",
        "//public.test/",
        "public.test",
        "",
        "http:/public.test",
        "http://",
        "http:///etc/passwd",
        "http://user:password@public.test/",
        "http://user@public.test/",
        "http://@public.test/",
        "http://public.test@inside.test/",
        "http://public.test:22/",
        "http://public.test:6379/",
        "http://public.test:0/",
        "http://public.test:99999/",
        "http://public.test:-1/",
        "https://public.test:25/",
        "http://public.test/" + "x" * 5000,
    ],
)
async def test_only_plain_web_addresses_are_fetched(url):
    async with small_web() as web:
        answer = await web.fetch(url)
        if url == "http://@public.test/":  # empty credentials are none
            assert answer.status_code in {200, 400}
            return
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == "url"
        assert web.dialler.dialled == []


# Names that change their answer.


async def test_the_address_that_was_judged_is_the_one_that_is_dialled():
    async with small_web() as web:
        web.names.answers["rebinding.test"] = [[PUBLIC], ["127.0.0.1"]]
        assert (await web.fetch("http://rebinding.test/")).status_code == 200
        assert web.names.asked == ["rebinding.test"]
        assert web.dialler.dialled == [(PUBLIC, 80)]


async def test_a_name_that_was_public_is_judged_anew_for_the_next_page():
    async with small_web() as web:
        web.names.answers["rebinding.test"] = [[PUBLIC], ["127.0.0.1"]]
        await web.fetch("http://rebinding.test/")
        assert await web.refusal("http://rebinding.test/") == (403, "address_refused")
        assert len(web.dialler.dialled) == 1


async def test_a_name_that_turns_inside_between_two_hops_is_refused():
    async with small_web(redirect("http://rebinding.test/again")) as web:
        web.names.answers["rebinding.test"] = [[PUBLIC], ["169.254.169.254"]]
        assert await web.refusal("http://rebinding.test/") == (403, "address_refused")
        assert web.dialler.dialled == [(PUBLIC, 80)]


async def test_the_server_is_told_the_name_though_the_address_is_dialled():
    async with small_web() as web:
        await web.fetch("http://public.test/path?q=1#part")
        (asked,) = web.server.requests
    assert (asked.target, asked.headers["host"]) == ("/path?q=1", "public.test")
    assert web.dialler.dialled == [(PUBLIC, 80)]


async def test_another_address_of_the_name_is_tried_when_one_refuses():
    async with small_web() as web:
        web.names.answers["two.test"] = [[OTHER_PUBLIC, PUBLIC]]
        web.dialler.refusing.add(OTHER_PUBLIC)
        assert (await web.fetch("http://two.test/")).status_code == 200
        assert [address for address, _ in web.dialler.dialled] == [OTHER_PUBLIC, PUBLIC]


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://[::1]:80/",
        "http://169.254.169.254/latest/meta-data/",
        "//localhost/",
        "http://inside.test/",
    ],
)
async def test_a_redirect_to_the_inside_is_refused(status, location):
    async with small_web(redirect(location, status)) as web:
        web.names.answers["localhost"] = web.names.answers["inside.test"] = [["127.0.0.1"]]
        assert await web.refusal("http://public.test/") == (403, "address_refused")
        assert web.dialler.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://x.test/",
        "http://u:p@x.test/",
        "http://x.test:22/",
        "http://2130706433/",
    ],
)
async def test_a_redirect_to_what_may_not_be_asked_for_is_refused(location):
    async with small_web(redirect(location)) as web:
        assert await web.refusal("http://public.test/") == (400, "url_refused")
        assert len(web.dialler.dialled) == 1


async def test_redirects_are_followed_to_a_bound():
    async with small_web(redirect("/again"), redirects=3) as web:
        assert await web.refusal("http://public.test/") == (502, "too_many_redirects")
        assert len(web.server.requests) == 4


async def test_a_redirect_to_a_public_place_is_followed():
    async with small_web() as web:
        web.server.routes["/old"] = redirect("http://other.test/new?x=1")
        web.names.answers["other.test"] = [[OTHER_PUBLIC]]
        page = (await web.fetch("http://public.test/old")).json()
    assert (page["url"], page["redirects"]) == ("http://other.test/new?x=1", 1)
    assert [address for address, _ in web.dialler.dialled] == [PUBLIC, OTHER_PUBLIC]


# Bodies that are too much.


async def huge_by_its_word(reply: Reply) -> None:
    await reply.head(200, [("content-type", "text/plain")], length=10**12)
    await reply.stall()


async def endless(reply: Reply) -> None:
    await reply.head(200, [("content-type", "text/plain")])
    while True:
        await reply.send(b"x" * 4096)


async def endless_drip(reply: Reply) -> None:
    await reply.head(200, [("content-type", "text/plain")])
    while True:
        await reply.send(b"x")
        await asyncio.sleep(0.01)


async def endless_headers(reply: Reply) -> None:
    await reply.raw(b"HTTP/1.1 200 OK\r\n")
    for number in itertools.count():
        await reply.raw(b"x-%d: %b\r\n" % (number, b"y" * 1000))


async def hang_before_head(reply: Reply) -> None:
    await reply.stall()


def packed(data: bytes, encoding: str) -> object:
    return text(data, content_encoding=encoding)


BOMB = gzip.compress(bytes(20_000_000))  # a thousand to one
DEFLATE_BOMB = zlib.compress(bytes(20_000_000))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(text("x" * (LIMIT + 1)), id="just over"),
        pytest.param(huge_by_its_word, id="huge by its word"),
        pytest.param(endless, id="endless"),
        pytest.param(packed(BOMB, "gzip"), id="gzip bomb"),
        pytest.param(packed(DEFLATE_BOMB, "deflate"), id="deflate bomb"),
    ],
)
async def test_a_page_over_the_bound_is_cut_off(page):
    async with small_web(page) as web:
        with egress_lines() as lines:
            assert await web.refusal("http://public.test/") == (413, "page_too_large")
    (line,) = lines
    assert line["bytes_received"] < 3 * LIMIT


@pytest.mark.parametrize("page", [endless_drip, hang_before_head], ids=["drip", "hang"])
async def test_a_page_that_takes_too_long_is_given_up(page):
    async with small_web(page, seconds=0.3) as web:
        assert await web.refusal("http://public.test/") == (504, "fetch_timeout")
        async with asyncio.timeout(2):
            await web.server.requests[0].disconnected.wait()


async def test_endless_headers_are_given_up():
    async with small_web(endless_headers) as web:
        assert await web.refusal("http://public.test/") == (502, "fetch_failed")


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (packed(BOMB[:5000], "gzip"), "fetch_failed"),
        (packed(b"not packed", "gzip"), "fetch_failed"),
        (packed(gzip.compress(b"twice"), "gzip, gzip"), "fetch_failed"),
        (packed(b"?", "br"), "fetch_failed"),
        (text(b"\x89PNG", "image/png"), "unsupported_content_type"),
        (text(b"%PDF", "application/pdf"), "unsupported_content_type"),
        (text(b"?", ""), "unsupported_content_type"),
        (scripts.FAULTS["reset-before-head"], "fetch_failed"),
        (scripts.FAULTS["close-mid-stream"], "fetch_failed"),
        (scripts.FAULTS["not-http"], "fetch_failed"),
    ],
)
async def test_what_is_no_readable_page_is_refused(page, code):
    async with small_web(page, bytes=25_000_000) as web:
        assert (await web.refusal("http://public.test/"))[1] == code


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_packed_page_within_the_bound_is_unpacked(encoding):
    data = b"hello " * 1000
    body = gzip.compress(data) if encoding == "gzip" else zlib.compress(data)
    async with small_web(packed(body, encoding)) as web:
        assert (await web.fetch("http://public.test/")).json()["text"] == data.decode()


# What is known of it afterwards.


async def test_every_refusal_is_a_line_that_names_place_and_reason_but_no_secret():
    async with small_web(redirect("http://169.254.169.254/latest?token=secret")) as web:
        with egress_lines() as lines:
            await web.refusal("http://public.test/?key=secret")
    (line,) = lines
    assert (line["service_called"], line["verdict"], line["code"]) == ("fetch", "refused", "address_refused")
    assert line["destination"] == "169.254.169.254:80"
    assert "secret" not in str(line)


async def test_a_refusal_does_not_tell_the_address_behind_a_name():
    async with small_web() as web:
        web.names.answers["intranet.test"] = [["10.1.2.3"]]
        answer = await web.fetch("http://intranet.test/")
    assert "10.1.2.3" not in answer.text


async def test_an_operator_may_open_a_network():
    async with small_web(exempt=["10.1.0.0/16"]) as web:
        web.names.answers["intranet.test"] = [["10.1.2.3"]]
        assert (await web.fetch("http://intranet.test/")).status_code == 200
        assert await web.refusal("http://10.2.0.1/") == (403, "address_refused")
        assert web.dialler.dialled == [("10.1.2.3", 80)]


def test_no_address_of_the_list_is_public():
    for address in INSIDE:
        assert why_not_public(ipaddress.ip_address(address)), address
    assert isinstance(ipaddress.ip_address(INSIDE[0]), IPv4Address)
