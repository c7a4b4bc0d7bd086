"""Files of a sandbox through the API: bytes survive, and no path leads out."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from support.sandbox_service import SandboxService, error_of, sandbox_service

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST = 1024 * 1024


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(backend: str) -> AsyncIterator[SandboxService]:
    async with sandbox_service(sandbox_max_file_bytes=MOST, sandbox_backend=backend) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox(service: SandboxService) -> str:
    return await service.create(flavor="small")


async def read(service: SandboxService, sandbox: str, path: str, **query: str) -> httpx.Response:
    return await service.client.get(f"/api/sandboxes/{sandbox}/files/read", params={"path": path, **query})


async def names(service: SandboxService, sandbox: str, path: str) -> dict[str, str]:
    answer = await service.client.get(f"/api/sandboxes/{sandbox}/files/list", params={"path": path})
    return {entry["name"]: entry["type"] for entry in answer.json()["entries"]}


@pytest.mark.every_backend
async def test_text_comes_back_as_it_was(service: SandboxService, sandbox: str) -> None:
    written = await service.post(sandbox, "files/write", path="a/b.txt", content="grüß\n")
    assert written.json() == {"path": "a/b.txt", "size": 7}
    assert (await read(service, sandbox, "/workspace/a/b.txt")).json()["content"] == "grüß\n"
    assert (await service.exec(sandbox, "cat a/b.txt"))["stdout"] == "grüß\n"


@pytest.mark.every_backend
async def test_every_byte_survives_as_base64(service: SandboxService, sandbox: str) -> None:
    content = bytes(range(256)) * 100
    encoded = base64.b64encode(content).decode()
    await service.post(sandbox, "files/write", path="all.bin", content=encoded, encoding="base64")
    answer = (await read(service, sandbox, "all.bin")).json()
    assert answer["encoding"] == "base64"
    assert base64.b64decode(answer["content"]) == content


async def test_text_can_be_asked_for_as_base64(service: SandboxService, sandbox: str) -> None:
    await service.post(sandbox, "files/write", path="t", content="hi")
    assert (await read(service, sandbox, "t", encoding="base64")).json()["content"] == "aGk="


async def test_a_written_file_is_the_commands_own_and_has_its_mode(
    service: SandboxService, sandbox: str
) -> None:
    await service.post(sandbox, "files/write", path="run.sh", content="#!/bin/sh\nwhoami\n", mode=0o755)
    assert (await service.exec(sandbox, "./run.sh && rm run.sh"))["stdout"] == "janus\n"


@pytest.mark.every_backend
async def test_a_folder_is_listed_by_name_without_following_links(
    service: SandboxService, sandbox: str
) -> None:
    await service.exec(sandbox, "mkdir -p l/d; touch l/f; ln -s /etc/passwd l/s; mkfifo l/p")
    assert await names(service, sandbox, "l") == {"d": "directory", "f": "file", "p": "other", "s": "symlink"}


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../etc/passwd", "/workspace/../etc/passwd", "/proc/1/environ", "/usr/bin/env", "/"),
        *("to-etc/passwd", "to-passwd", "to-proc/environ", "to-root/etc/passwd"),
    ],
)
@pytest.mark.every_backend
async def test_no_path_leads_out(service: SandboxService, sandbox: str, path: str) -> None:
    links = "ln -sfn /etc to-etc; ln -sf /etc/passwd to-passwd; ln -sfn /proc/1 to-proc; ln -sfn / to-root"
    await service.exec(sandbox, links)
    assert error_of(await read(service, sandbox, path)) == (400, "path", "invalid_value")
    answer = await service.post(sandbox, "files/write", path=path, content="x")
    assert error_of(answer) == (400, "path", "invalid_value")
    listed = await service.client.get(f"/api/sandboxes/{sandbox}/files/list", params={"path": path})
    assert listed.status_code in (400, 404)


async def test_a_link_that_stays_inside_is_followed(service: SandboxService, sandbox: str) -> None:
    await service.exec(sandbox, "mkdir -p real; echo in >real/f; ln -sfn real link")
    assert (await read(service, sandbox, "link/f")).json()["content"] == "in\n"


@pytest.mark.parametrize(
    "kind", ["mkfifo odd", "mkdir odd", "python3 -c 'import socket as s; s.socket(1).bind(\"odd\")'"]
)
async def test_what_is_no_regular_file_is_not_read(service: SandboxService, sandbox: str, kind: str) -> None:
    await service.exec(sandbox, f"rm -rf odd; {kind}")
    assert (await read(service, sandbox, "odd")).status_code == 400


@pytest.mark.every_backend
async def test_a_missing_file_is_not_found(service: SandboxService, sandbox: str) -> None:
    assert error_of(await read(service, sandbox, "nothing")) == (404, "path", "file_not_found")


async def test_a_file_beyond_the_bound_is_neither_read_nor_written(
    service: SandboxService, sandbox: str
) -> None:
    await service.exec(sandbox, f"head -c {MOST + 1} /dev/zero >big")
    assert error_of(await read(service, sandbox, "big"))[0] == 413
    answer = await service.post(sandbox, "files/write", path="big2", content="x" * (MOST + 1))
    assert error_of(answer)[:2] == (413, "content")


async def test_a_full_disk_is_told_and_leaves_the_old_file(service: SandboxService) -> None:
    full = await service.create(flavor="small")
    await service.post(full, "files/write", path="kept", content="old")
    await service.exec(full, "head -c 300M /dev/zero >filling")
    answer = await service.post(full, "files/write", path="kept", content="new" * 10_000)
    assert error_of(answer) == (413, "path", "disk_full")
    assert (await read(service, full, "kept")).json()["content"] == "old"
    assert [name for name in await names(service, full, "/workspace") if name.endswith(".part")] == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"path": "", "content": ""}, "path"),
        ({"path": "a\0b", "content": ""}, "path"),
        ({"path": "a"}, "content"),
        ({"path": "a", "content": "%", "encoding": "base64"}, "content"),
        ({"path": "a", "content": "x", "encoding": "rot13"}, "encoding"),
        ({"path": "a", "content": "x", "mode": 0o4755}, "mode"),
        ({"path": "a" * 5000, "content": "x"}, "path"),
        ({"path": "a" * 300, "content": "x"}, "path"),
    ],
)
async def test_a_wrong_field_is_named(
    service: SandboxService, sandbox: str, fields: dict[str, object], param: str
) -> None:
    assert error_of(await service.post(sandbox, "files/write", **fields))[:2] == (400, param)
