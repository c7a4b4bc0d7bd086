"""A real S3 server of the tests' own: SeaweedFS, whose program is in a wheel."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from support.stack import free_port

BUCKET = "janus"
_KEY, _SECRET = "AKIAJANUSTESTS", "secret-of-the-tests"
_SECONDS = 40


@dataclass(frozen=True)
class S3Server:
    """One that runs, with an empty bucket."""

    endpoint: str
    process: "subprocess.Popen[bytes]"

    @property
    def variables(self) -> dict[str, str]:
        """What names it and its key to every S3 client."""
        return {
            "AWS_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_REGION": "us-east-1",
        }


@contextmanager
def s3_server() -> Iterator[S3Server]:
    folder = Path(tempfile.mkdtemp(prefix="janus-s3-"))
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    inner = {f"{name}.port.grpc": free_port() for name in ports}
    options = {
        "dir": folder,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "filer": "true",
        "s3": "true",
        "s3.config": _keys(folder),
        "s3.iam": "false",
        **{f"s3.port.{unused}": 0 for unused in ("iceberg", "lance")},
        **{f"{name}.localSocket": folder / f"{name}.sock" for name in ("filer", "s3")},
        **{f"{name}.port": port for name, port in ports.items()},
        **inner,
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.max": 16,
    }
    command = [Path(sys.executable).with_name("weed"), f"-logdir={folder}", "server"]
    command += [f"-{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        server = S3Server(f"http://127.0.0.1:{ports['s3']}", process)
        deadline = time.monotonic() + _SECONDS
        while not _ready(server.endpoint, f"http://127.0.0.1:{ports['filer']}"):
            late = process.poll() is not None or time.monotonic() > deadline
            assert not late, (folder / "log").read_text()[-4000:]
            time.sleep(0.05)
        yield server
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
        # It makes these wherever its own files are, and leaves them behind.
        for name, port in inner.items():
            Path(f"/tmp/seaweedfs-{name.partition('.')[0]}-grpc-{port}.sock").unlink(missing_ok=True)


def _keys(folder: Path) -> Path:
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": _KEY, "secretKey": _SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    path = folder / "keys.json"
    path.write_text(json.dumps({"identities": [identity]}))
    return path


def _ready(endpoint: str, filer: str) -> bool:
    """Whether it serves; the bucket is a folder beneath it, and made when it does."""
    try:
        return (
            httpx.get(f"{endpoint}/healthz").status_code == 200
            and httpx.post(f"{filer}/buckets/{BUCKET}/").status_code == 201
        )
    except httpx.HTTPError:
        return False
