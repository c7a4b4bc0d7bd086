"""Router, shim and command line come to one verdict about any registry file."""

import random
from pathlib import Path

import pytest

from janus_cli import checks
from janus_cli.checks import Level
from janus_mesh.registry import RegistryInvalid
from janus_router.service import running
from janus_router.settings import RouterSettings
from janus_shim.service import serving
from janus_shim.settings import Settings as ShimSettings

VALID = """\
# Who competes.
competitors:
  - id: first
    url: http://127.0.0.1:9
    models: [small, "org/large:1"]
    weight: 2.5
    api_key_env: FIRST_KEY
    headers: {X-Tenant: "t-${TENANT}"}
    base_path: /openai/v1
  - &native
    id: second
    url: grpc://127.0.0.1:9
    description: Plain words.
    max_concurrency: 0x10
  - {<<: *native, id: third, default: false}
"""
# What is put somewhere, or in the place of something.
PIECES = [
    ":", "-", "[", "]", "{", "}", "#", "&a ", "*a", "*native", "!!int ", "|", ">", "'", '"', "\t", "\n",
    "  ", "%",
    "\x00", "\x1b", "\u202e", "\ufeff", "é", "---\n", "...\n", "? ", "<<: ", "null", "~",
    "1e999", ".nan", "0x", "-1",
    "true", "2001-99-99", "janus", "first", "http://", "ftp://h", "${", "id", "url", "x" * 300,
]  # fmt: skip


def mutated(seed: int) -> bytes:
    """The valid file with one to three small changes, some of them of bytes."""
    dice = random.Random(seed)
    text = VALID
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        lines = text.splitlines(keepends=True)
        at = dice.randrange(len(text))
        match dice.randrange(5):
            case 0:
                text = text[:at] + dice.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + dice.choice(PIECES) + text[at + dice.randint(1, 8) :]
            case 2:
                text = text[:at] + text[at + dice.randint(1, 30) :]
            case 3:
                line = dice.choice(lines)
                lines.insert(dice.randrange(len(lines)), line)
                text = "".join(lines)
            case 4:
                dice.shuffle(lines)
                text = "".join(lines)
        if not text:
            break
    raw = bytearray(text.encode())
    if raw and dice.random() < 0.2:
        raw[dice.randrange(len(raw))] = dice.randrange(256)
    return bytes(raw)


async def verdicts(file: Path) -> dict[str, str]:
    """Why each refuses the file; empty for one that takes it."""
    found = {"router": "", "shim": ""}
    try:
        settings = RouterSettings(competitors=file, router_port=0, drain_seconds=0.01)
        async with running(settings):
            pass
    except RegistryInvalid as error:
        found["router"] = str(error)
    try:
        async with serving(ShimSettings(competitors=file, shim_port=0, drain_seconds=0.01)):
            pass
    except RegistryInvalid as error:
        found["shim"] = str(error)
    finding = checks.registry({"JANUS_COMPETITORS": str(file)})
    found["command line"] = finding.detail if finding.level is Level.FAIL else ""
    return found


async def test_the_file_that_is_mutated_is_valid(tmp_path):
    file = tmp_path / "competitors.yaml"
    file.write_text(VALID)
    assert set((await verdicts(file)).values()) == {""}


@pytest.mark.parametrize("seed", range(60))
async def test_all_refuse_a_mutated_file_for_one_reason_or_all_take_it(tmp_path, seed):
    file = tmp_path / "competitors.yaml"
    file.write_bytes(mutated(seed))

    found = await verdicts(file)

    assert len(set(found.values())) == 1, found
    for reason in found.values():
        assert not reason or reason.startswith(f"{file}:")
        assert reason.isprintable()


@pytest.mark.parametrize(("variable", "refused"), [("first", True), ("small", True), ("other", False)])
async def test_all_know_the_router_s_default_model(tmp_path, monkeypatch, variable, refused):
    file = tmp_path / "competitors.yaml"
    file.write_text(VALID)
    monkeypatch.setenv("JANUS_DEFAULT_MODEL", variable)
    settings = RouterSettings(competitors=file, router_port=0, drain_seconds=0.01)
    reasons = []
    for start in (
        running(settings),
        serving(ShimSettings(competitors=file, shim_port=0, drain_seconds=0.01)),
    ):
        try:
            async with start:
                reasons.append("")
        except RegistryInvalid as error:
            reasons.append(str(error))
    finding = checks.registry({"JANUS_COMPETITORS": str(file), "JANUS_DEFAULT_MODEL": variable})
    reasons.append(finding.detail if finding.level is Level.FAIL else "")
    assert len(set(reasons)) == 1
    assert bool(reasons[0]) is refused
