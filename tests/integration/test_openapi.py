"""The served OpenAPI document, held against what the edge does, by a tool that invents requests."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from support.competitor_scripts import tokens
from support.http_competitor import HttpCompetitor
from support.stack import Stack, free_port, running

BIN = Path(sys.executable).parent
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stack(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    registry = f"competitors:\n  - {{id: quick, url: 'http://127.0.0.1:{port}'}}\n"
    with running(tmp_path_factory.mktemp("openapi"), registry) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="module", scope="module", autouse=True)
async def competitor(stack: Stack, port: int) -> AsyncIterator[HttpCompetitor]:
    async with HttpCompetitor(tokens("Hel", "lo"), port=port) as competitor:
        yield competitor


async def test_the_document_names_what_the_contract_names(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url) as client:
        document = (await client.get("/openapi.json")).json()
        page = await client.get("/docs")
    assert {
        "/v1/chat/completions",
        "/v1/models",
        "/v1/models/{model_id}",
        "/v1/artifacts/{artifact_id}",
        "/health",
        "/metrics",
    } <= document["paths"].keys()
    assert document["info"]["title"] == "Janus"
    assert page.status_code == 200


@pytest.mark.timeout(240)
async def test_invented_requests_find_no_fault(stack: Stack, tmp_path: Path) -> None:
    # A list that is too long for the schema may also be too long for the bound on bytes: 413 refuses it, too.
    statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"]
    config = tmp_path / "schemathesis.toml"
    config.write_text(f"[checks.negative_data_rejection]\nexpected-statuses = {statuses}\n")
    process = await asyncio.create_subprocess_exec(
        str(BIN / "schemathesis"),
        f"--config-file={config}",
        "run",
        f"{stack.url}/openapi.json",
        "--checks=all",
        "--mode=all",
        "--max-examples=60",
        "--seed=1",
        "--no-color",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-8000:]
