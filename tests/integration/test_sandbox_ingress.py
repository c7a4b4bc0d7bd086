"""What a sandbox shows the outside: artifacts to the byte, exposed ports, and nothing else."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from support.sandbox_service import SandboxService, error_of, sandbox_service

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A server inside that says what it was asked, until it is told of an end.
SERVER = """
import http.server, sys
class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        said = f"{self.command} {self.path} {self.headers.get('authorization')} ".encode() + body
        self.send_response(201); self.send_header("content-length", str(len(said))); self.end_headers()
        self.wfile.write(said)
    do_GET = do_POST
server = http.server.HTTPServer(("127.0.0.1", 8080), Echo)
open("up", "w").close()
server.serve_forever()
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(backend: str) -> AsyncIterator[SandboxService]:
    async with sandbox_service(sandbox_backend=backend) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox(service: SandboxService) -> str:
    sandbox = await service.create(exposePorts=[8080, 8081])
    await service.exec(
        sandbox, "mkdir -p artifacts/deep; head -c 3000000 /dev/urandom >artifacts/deep/random.bin"
    )
    await service.post(sandbox, "files/write", path="server.py", content=SERVER)
    await service.exec(sandbox, "python3 server.py >/dev/null 2>&1 & until [ -e up ]; do sleep 0.01; done")
    return sandbox


@asynccontextmanager
async def visitor(service: SandboxService, sandbox: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who knows the sandbox's url and nothing more."""
    base = f"{service.ingress_url}/{sandbox}"
    async with httpx.AsyncClient(base_url=base, timeout=10, trust_env=False, verify=False) as client:
        yield client


@pytest.mark.every_backend
async def test_an_artifact_is_served_to_the_byte(service: SandboxService, sandbox: str) -> None:
    inside = (await service.exec(sandbox, "sha256sum <artifacts/deep/random.bin"))["stdout"].split()[0]
    async with visitor(service, sandbox) as client:
        answer = await client.get("/artifacts/deep/random.bin")
    assert hashlib.sha256(answer.content).hexdigest() == inside


@pytest.mark.every_backend
@pytest.mark.every_backend
async def test_part_of_an_artifact_is_served(service: SandboxService, sandbox: str) -> None:
    async with visitor(service, sandbox) as client:
        whole = (await client.get("/artifacts/deep/random.bin")).content
        answer = await client.get("/artifacts/deep/random.bin", headers={"range": "bytes=1000-1999"})
    assert (answer.status_code, answer.content) == (206, whole[1000:2000])


async def test_head_tells_the_size(service: SandboxService, sandbox: str) -> None:
    async with visitor(service, sandbox) as client:
        answer = await client.head("/artifacts/deep/random.bin")
    assert (answer.headers["content-length"], answer.content) == ("3000000", b"")


async def test_a_browser_runs_nothing_of_an_artifact(service: SandboxService, sandbox: str) -> None:
    await service.post(sandbox, "files/write", path="artifacts/page.html", content="<script>1</script>")
    async with visitor(service, sandbox) as client:
        headers = (await client.get("/artifacts/page.html")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox")
    assert headers["content-disposition"].startswith("attachment")


async def test_a_folder_is_listed(service: SandboxService, sandbox: str) -> None:
    async with visitor(service, sandbox) as client:
        entries = (await client.get("/artifacts/deep/")).json()["entries"]
    assert entries == [{"name": "random.bin", "type": "file", "size": 3_000_000}]


@pytest.mark.parametrize(
    "path",
    [
        "../server.py",
        "..%2fserver.py",
        "%2e%2e/server.py",
        "%2fetc%2fpasswd",
        "out/passwd",
        "to-passwd",
        "%00",
    ],
)
@pytest.mark.every_backend
async def test_nothing_but_artifacts_is_served(service: SandboxService, sandbox: str, path: str) -> None:
    await service.exec(sandbox, "ln -sfn /etc artifacts/out; ln -sf /etc/passwd artifacts/to-passwd")
    async with visitor(service, sandbox) as client:
        answer = await client.get(f"{client.base_url}artifacts/{path}")
    assert answer.status_code in (400, 404)
    assert "root:" not in answer.text


@pytest.mark.every_backend
async def test_a_port_inside_answers(service: SandboxService, sandbox: str) -> None:
    async with visitor(service, sandbox) as client:
        answer = await client.post(
            "/ports/8080/a%20b?c=d", content=b"body", headers={"authorization": "Bearer outside"}
        )
    assert (answer.status_code, answer.text) == (201, "POST /a%20b?c=d None body")
    assert answer.headers["content-security-policy"].startswith("sandbox")


async def test_a_preview_is_the_address_of_a_port(service: SandboxService, sandbox: str) -> None:
    found = await service.get(sandbox)
    preview = (await service.post(sandbox, "preview", port=8080)).json()
    assert preview == {"port": 8080, "url": f"{found['url']}/ports/8080/"}
    assert error_of(await service.post(sandbox, "preview", port=9))[:2] == (400, "port")


async def test_a_port_that_is_not_exposed_is_not_shown(service: SandboxService, sandbox: str) -> None:
    async with visitor(service, sandbox) as client:
        assert error_of(await client.get("/ports/3128/"))[2] == "port_not_exposed"


@pytest.mark.every_backend
async def test_a_port_where_nobody_listens_is_a_typed_error(service: SandboxService, sandbox: str) -> None:
    async with visitor(service, sandbox) as client:
        assert (await client.get("/ports/8081/")).status_code == 503


async def test_a_sandbox_that_is_gone_shows_nothing(service: SandboxService) -> None:
    sandbox = await service.create()
    await service.terminate(sandbox)
    async with visitor(service, sandbox) as client:
        assert error_of(await client.get("/artifacts/x"))[2] == "sandbox_gone"


@pytest.mark.every_backend
async def test_a_server_that_was_started_in_the_background_answers(service: SandboxService) -> None:
    sandbox = await service.create(exposePorts=[8080])
    await service.exec(sandbox, "echo hello >index.html; python3 -m http.server 8080 &")
    ready = "until python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8080))'; do :; done"
    await service.exec(sandbox, f"({ready}) 2>/dev/null")
    async with visitor(service, sandbox) as client:  # each answer is a line of its log
        answers = [await client.get("/ports/8080/index.html") for _ in range(3)]
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "hello\n")] * 3
