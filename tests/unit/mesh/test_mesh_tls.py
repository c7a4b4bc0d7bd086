"""Dialling a peer by TLS: `grpcs://host:port`, over links and over calls."""

import asyncio
import os
import sys

import pytest
from support.answers import ask
from support.certificates import self_signed
from support.scripted_competitor import ScriptedCompetitor

import janus_mesh as mesh
from janus_mesh.errors import Unavailable


@pytest.fixture(params=["link", "rpc"], autouse=True)
def transport(request, monkeypatch):
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", request.param)


@pytest.fixture
def certificate(tmp_path):
    return self_signed(tmp_path, "DNS:localhost")


async def said_by(target: str) -> str:
    async with mesh.dial(target) as peer, peer.chat(ask()) as exchange:
        return "".join([event.content async for event in exchange])


async def test_a_peer_with_a_trusted_certificate_for_its_name_answers(certificate):
    async with ScriptedCompetitor(tls=certificate) as peer:
        assert await said_by(f"grpcs://localhost:{peer.port}?ca_file={certificate[0]}") == "hello"


@pytest.mark.parametrize(
    "target", ["localhost:{port}", "127.0.0.1:{port}?ca_file={ca}", "localhost:{port}?ca_file=/no"]
)
async def test_any_other_certificate_is_refused(certificate, target):
    """Of an authority that the system does not know, for another name, without the file of authorities."""
    async with ScriptedCompetitor(tls=certificate) as peer:
        with pytest.raises(Unavailable):
            await said_by("grpcs://" + target.format(port=peer.port, ca=certificate[0]))
        assert peer.requests == []


IN_A_PROCESS = """
import asyncio, sys
import janus_mesh as mesh
from janus_mesh.errors import Unavailable
from support.answers import ask

async def main():
    try:
        async with mesh.dial(sys.argv[1]) as peer, peer.chat(ask()) as exchange:
            print("".join([event.content async for event in exchange]))
    except Unavailable:
        print("refused")

asyncio.run(main())
"""


@pytest.mark.parametrize(("query", "said"), [("", "hello"), ("?ca_file=/nowhere.pem", "refused")])
async def test_the_system_s_authorities_count_only_where_no_file_is_named(certificate, query, said):
    """In a process of its own, because gRPC reads the system's authorities once."""
    async with ScriptedCompetitor(tls=certificate) as peer:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            IN_A_PROCESS,
            f"grpcs://localhost:{peer.port}{query}",
            env={
                **os.environ,
                "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(certificate[0]),
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
    assert said in output.decode().splitlines()  # among lines of the log
