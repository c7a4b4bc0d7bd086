"""The registry file is followed whatever happens to the file system's notifications."""

import asyncio
import json
import subprocess
import sys
import textwrap
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from janus_mesh.registry import RegistryInvalid, RegistryWatch, content


def text_of(*ids: str) -> str:
    return "competitors:\n" + ("".join(f"- {{id: {i}, url: 'http://h'}}\n" for i in ids) or "  []\n")


def save(file: Path, text: str) -> None:
    """Replaces the file at once: written in place, it is empty for a moment."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(file)


class Followed:
    """What the watch reported, awaited as it comes."""

    def __init__(self) -> None:
        self.reports: asyncio.Queue[list[str] | str] = asyncio.Queue()
        self.failures = 0  # how many entries more are not accepted

    async def accept(self, entries) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("no room")
        self.reports.put_nowait([entry.id for entry in entries])

    def refuse(self, error: RegistryInvalid) -> None:
        self.reports.put_nowait(error.reason)

    async def next(self) -> list[str] | str:
        async with asyncio.timeout(15):
            return await self.reports.get()


@asynccontextmanager
async def following(path: Path):
    followed = Followed()
    watch = RegistryWatch(path, content(path), "janus", accept=followed.accept, refuse=followed.refuse)
    task = asyncio.create_task(watch.run())
    try:
        yield followed
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / "registry"
    folder.mkdir()
    file = folder / "competitors.yaml"
    file.write_text(text_of("a"))
    return file


async def test_each_fault_is_told_once_and_the_next_good_content_is_accepted(file):
    async with following(file) as followed:
        save(file, "competitors: [")
        assert "expected the node content" in await followed.next()
        save(file, text_of("b"))
        assert await followed.next() == ["b"]


async def test_a_file_that_disappears_is_told_and_its_return_needs_no_reload(file):
    async with following(file) as followed:
        text = file.read_text()
        file.unlink()
        assert "cannot be read" in await followed.next()
        save(file, text)
        file.unlink()
        save(file, text_of("c"))
        while (report := await followed.next()) != ["c"]:
            assert "cannot be read" in report


async def test_a_folder_that_is_removed_and_made_again_is_followed(file):
    async with following(file) as followed:
        file.unlink()
        file.parent.rmdir()
        assert "cannot be read" in await followed.next()
        file.parent.mkdir()
        save(file, text_of("b"))
        assert await followed.next() == ["b"]
        save(file, text_of("c"))
        assert await followed.next() == ["c"]


async def test_a_folder_that_is_replaced_by_another_is_followed(file, tmp_path):
    async with following(file) as followed:
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        (fresh / file.name).write_text(text_of("b"))
        file.parent.rename(tmp_path / "old")
        fresh.rename(file.parent)
        while (report := await followed.next()) != ["b"]:
            assert "cannot be read" in report


async def test_a_file_that_becomes_a_folder_is_a_fault_like_others(file):
    async with following(file) as followed:
        file.unlink()
        file.mkdir()
        while "Is a directory" not in (report := await followed.next()):
            assert "cannot be read" in report
        file.rmdir()
        save(file, text_of("b"))
        while (report := await followed.next()) != ["b"]:
            assert "cannot be read" in report


async def test_entries_that_could_not_be_taken_over_are_tried_again(file):
    async with following(file) as followed:
        followed.failures = 2
        with capture_logs() as logged:
            save(file, text_of("b"))
            assert await followed.next() == ["b"]
    assert [line["event"] for line in logged].count("registry not taken over") == 2


WITHOUT_NOTIFICATIONS = textwrap.dedent(
    """
    import asyncio, json, sys
    from pathlib import Path
    from janus_mesh import logs
    from janus_mesh.registry import RegistryWatch, content

    async def main(path):
        done = asyncio.get_running_loop().create_future()

        async def accept(entries):
            done.set_result([entry.id for entry in entries])

        watch = RegistryWatch(path, content(path), "janus", accept=accept, refuse=print)
        task = asyncio.create_task(watch.run())
        print(json.dumps(await done), flush=True)
        task.cancel()

    logs.configure("test", level="info", form="json")
    asyncio.run(main(Path(sys.argv[1])))
    """
)


def test_without_inotify_instances_the_file_is_polled(file):
    """In a user namespace whose limit is 0, so that nobody else's notifications are touched."""
    limited = [
        "unshare",
        "-Ur",
        "sh",
        "-c",
        'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"',
        "sh",
    ]
    if subprocess.run([*limited, "true"], capture_output=True).returncode:
        pytest.skip("user namespaces cannot be made here")
    command = [*limited, sys.executable, "-c", WITHOUT_NOTIFICATIONS, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "cannot be watched; the file is read every few seconds instead" in process.stderr.readline()
        save(file, text_of("polled"))
        said, _ = process.communicate(timeout=20)

    assert json.loads(said) == ["polled"]
