"""Times a mock by janus-bench and by aiperf in turn, and says how far apart their figures lie.

    make crosscheck        or: .venv/bin/python bench/crosscheck/timing.py [--rounds N]

Both keep connections and are warm. A TTFT of aiperf's begins before its client has sent anything, and
aiperf runs more than ten processes beside the mock, which may answer later for it. The mock writes into
each token when it wrote it. So beside what the tools say stands what the mock did for each,
from the request sent (by aiperf's own trace) to the first token written, and how late the tool's stamp of
that token is: the figures that tell a tool's own part from a busy machine's.
TTFT is their sum: sending + written + late.

aiperf is no dependency: it is installed into the cache, in an environment of its own. It wants a tokenizer,
though the token counts are the server's; one that knows a single word is made for it.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from janus_bench.mesh.installation import once, step
from janus_bench.mesh.mock_control import mock_competitor
from janus_bench.mesh.script import Script
from janus_bench.mesh.target import Missing
from janus_bench.mesh.wire import TOKEN
from janus_bench.quality.load.asking import open_asker
from janus_bench.quality.load.reading import LoadReader, Reading
from janus_bench.quality.runners import Bounds, Target

_CACHE = Path(".cache/crosscheck")
_SCRIPT = Script(tokens=50, gap=0.02, first=0.1)
_STREAMS, _REQUESTS = 8, 80
_AIPERF_SECONDS = 180
# By aiperf's own trace: from when its client begins, before it has a connection, until all is sent.
_UNTIL_SENT = "http_req_sending"
_TOKENIZER = """
import sys
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
word = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
PreTrainedTokenizerFast(tokenizer_object=word, unk_token="[UNK]").save_pretrained(sys.argv[1])
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the requests of one round, in milliseconds, as both tools define them."""

    ttft: float
    sending: float  # from where the tool's TTFT begins until its request is sent
    written: float  # from the request sent until the mock wrote the first token
    late: float  # the tool's stamp of that token, after it was written
    itl: float
    latency: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    try:
        aiperf = installed("aiperf", "aiperf")
    except Missing as reason:
        print(f"aiperf cannot be had: {reason}")
        return 1
    ours, theirs = [], []
    for number in range(given.rounds):
        print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
        with mock_competitor() as mock:
            ours.append(asyncio.run(by_janus_bench(mock.port)))
        with mock_competitor() as mock, TemporaryDirectory(prefix="janus-crosscheck-") as folder:
            theirs.append(by_aiperf(aiperf, mock.port, Path(folder)))
    print(f"{_REQUESTS} answers of {_SCRIPT.tokens} tokens, {_STREAMS} at a time; means in ms, by round")
    whole = _SCRIPT.first + (_SCRIPT.tokens - 1) * _SCRIPT.gap
    told = f"ttft {1000 * _SCRIPT.first:g}, itl {1000 * _SCRIPT.gap:g}, latency {1000 * whole:g}"
    print(f"by the mock's timetable: {told}")
    for name in ("ttft", "sending", "written", "late", "itl", "latency"):
        print(_line(name, [getattr(f, name) for f in ours], [getattr(f, name) for f in theirs]))
    return 0


def installed(name: str, *packages: str) -> Path:
    """The `bin` folder of an environment with these packages; `Missing` when it cannot be made."""
    uv = Path(sys.executable).with_name("uv")

    def install(folder: Path) -> None:
        step(uv, "venv", "--quiet", "--clear", folder, cwd=folder.parent)
        step(uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", *packages, cwd=folder)

    return once(_CACHE.resolve() / name, install) / "bin"


async def by_janus_bench(port: int) -> Figures:
    """So many callers, each asking its share of the requests one after the other."""
    asked = {"messages": [{"role": "user", "content": str(_SCRIPT)}]}
    async with open_asker(Target.parse(f"http://127.0.0.1:{port}"), asked, Bounds(), _Stamped) as asker:

        async def caller(requests: int) -> list[Reading]:
            return [await asker.ask(time.monotonic()) for _ in range(requests)]

        await asyncio.gather(*(caller(1) for _ in range(_STREAMS)))
        _Stamped.late.clear()
        shares = await asyncio.gather(*(caller(_REQUESTS // _STREAMS) for _ in range(_STREAMS)))
    readings = [reading for share in shares for reading in share]
    assert all(reading.failure is None for reading in readings)
    late = 1000 * fmean(_Stamped.late)
    return Figures(
        ttft=1000 * fmean(reading.ttft or 0.0 for reading in readings),
        written=1000 * fmean((reading.first_at or 0.0) - reading.sent_at for reading in readings) - late,
        sending=1000 * fmean(reading.sent_at - reading.intended_at for reading in readings),
        late=late,
        itl=1000 * fmean(reading.itl or 0.0 for reading in readings),
        latency=1000 * fmean(reading.latency for reading in readings),
    )


def by_aiperf(binaries: Path, port: int, folder: Path) -> Figures:
    tokenizer = folder / "tokenizer"
    subprocess.run(
        [binaries / "python", "-c", _TOKENIZER, tokenizer], check=True, capture_output=True, timeout=120
    )
    questions = folder / "questions.jsonl"
    line = json.dumps({"text": str(_SCRIPT)})
    questions.write_text(f"{line}\n" * _REQUESTS, encoding="utf-8")
    ran = subprocess.run(
        [
            *(binaries / "aiperf", "profile", "--model", "bench", "--url", f"http://127.0.0.1:{port}"),
            *("--endpoint-type", "chat", "--streaming", "--use-server-token-count"),
            *("--concurrency", str(_STREAMS), "--request-count", str(_REQUESTS)),
            *("--warmup-request-count", str(_STREAMS), "--connection-reuse-strategy", "pooled"),
            *("--export-level", "raw", "--export-http-trace"),
            *("--input-file", questions, "--custom-dataset-type", "single_turn"),
            *("--tokenizer", tokenizer, "--ui-type", "none", "--artifact-dir", folder / "out"),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=_AIPERF_SECONDS,
    )
    if ran.returncode:
        raise Missing(f"aiperf ended with {ran.returncode}: {(ran.stdout + ran.stderr)[-800:]}")
    told = json.loads((folder / "out" / "profile_export_aiperf.json").read_bytes())
    names = ("time_to_first_token", _UNTIL_SENT, "inter_token_latency", "request_latency")
    ttft, sending, itl, latency = (told[name]["avg"] for name in names)
    records = (folder / "out" / "profile_export_raw.jsonl").read_bytes().splitlines()
    late = fmean(_first_late(json.loads(record)) for record in records)
    return Figures(
        ttft=ttft, sending=sending, written=ttft - sending - late, late=late, itl=itl, latency=latency
    )


def _first_late(record: Mapping[str, Any]) -> float:
    """How late aiperf's stamp of the first token is, in ms: both clocks are CLOCK_MONOTONIC."""
    for response in record["responses"]:
        if written := TOKEN.search(json.dumps(response).encode()):
            return float(response["perf_ns"] / 1e6 - int(written[2]) / 1e3)
    raise ValueError("a record without a token")


class _Stamped(LoadReader):
    """Notes how late the stamp of the first token is, in seconds."""

    late: ClassVar[list[float]] = []

    def feed(self, data: bytes, now: float) -> None:
        first = self.first_at is None
        super().feed(data, now)
        if first and (written := TOKEN.search(data)):
            self.late.append(now - int(written[2]) / 1e6)


def _line(name: str, ours: Sequence[float], theirs: Sequence[float]) -> str:
    apart = median(ours) - median(theirs)
    noise = max(max(ours) - min(ours), max(theirs) - min(theirs))
    verdict = "within" if abs(apart) <= noise else "beyond"
    spread = " ".join(
        f"{who} {median(f):.3f} ({min(f):.3f} to {max(f):.3f})," for who, f in _named(ours, theirs)
    )
    return f"{name:11}{spread} apart {apart:+.3f}, {verdict} the noise of {noise:.3f}"


def _named(ours: Sequence[float], theirs: Sequence[float]) -> list[tuple[str, Sequence[float]]]:
    return [("janus-bench", ours), ("aiperf", theirs)]


if __name__ == "__main__":
    sys.exit(main())
