"""The private suite is read where it lies, and refused where anybody else could read it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from janus_bench.quality.suites import SuiteError, SuiteUnavailable, load_suite

LINE = {
    "id": "secret/one",
    "benchmark": "secret",
    "category": "facts",
    "prompt": "What is it?",
    "scoring": {"kind": "exact", "any_of": ["yes"]},
    "accepted": ["yes"],
}
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Path], None]:
    """Puts the suite into a folder."""
    for name in ("JANUS_SANDBOX_IMAGE", "JANUS_PLATFORM_DATA", "JANUS_ARTIFACTS_STORE", "JANUS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def put(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "items.jsonl").write_text(json.dumps(LINE))
        monkeypatch.setenv("JANUS_BENCH_PRIVATE_PATH", str(folder))

    return put


def test_it_is_read_from_its_folder_alone(place: Callable[[Path], None], tmp_path: Path) -> None:
    place(tmp_path / "vault")
    suite = load_suite("private/test")
    assert [task.id for task in suite.tasks] == ["secret/one"]
    assert suite.private
    assert len(suite.digest) == 64
    assert not load_suite("public/dev").private


def test_it_may_be_one_file(
    place: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path / "vault")
    monkeypatch.setenv("JANUS_BENCH_PRIVATE_PATH", str(tmp_path / "vault/items.jsonl"))
    assert len(load_suite("private/test").tasks) == 1


@pytest.mark.parametrize("given", ["", "/no/such/folder"])
def test_where_there_is_none_it_says_so(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("JANUS_BENCH_PRIVATE_PATH", given)
    with pytest.raises(SuiteUnavailable, match="JANUS_BENCH_PRIVATE_PATH"):
        load_suite("private/test")


@pytest.mark.parametrize(
    ("folder", "said"), [("vault", "no absolute path"), ("/tmp/empty-vault", "holds no")]
)
def test_a_path_that_cannot_be_meant_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str, said: str
) -> None:
    empty = tmp_path / "vault"
    empty.mkdir()
    monkeypatch.setenv("JANUS_BENCH_PRIVATE_PATH", folder if folder == "vault" else str(empty))
    with pytest.raises(SuiteError, match=said):
        load_suite("private/test")


@pytest.mark.parametrize(
    ("variable", "whose"),
    [
        ("JANUS_SANDBOX_IMAGE", "every sandbox sees"),
        ("JANUS_SANDBOX_STATE", "holds the sandboxes"),
        ("JANUS_ARTIFACTS_STORE", "is the artifact store"),
        ("JANUS_PLATFORM_DATA", "the platform serves"),
        ("JANUS_SEARCH_DOCS", "the platform searches"),
        ("JANUS_HOME", "competitors work in"),
        ("JANUS_BENCH_COMPETITOR_FOLDERS", "competitors work in"),
    ],
)
def test_within_a_competitors_reach_it_is_refused(
    place: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, whose: str
) -> None:
    place(tmp_path / "reached/deep/vault")
    monkeypatch.setenv(variable, str(tmp_path / "reached"))
    with pytest.raises(SuiteError, match=whose):
        load_suite("private/test")


def test_beside_the_registry_of_competitors_it_is_refused(
    place: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path / "stack/vault")
    monkeypatch.setenv("JANUS_COMPETITORS", str(tmp_path / "stack/competitors.yaml"))
    with pytest.raises(SuiteError, match="holds the registry of competitors"):
        load_suite("private/test")


@pytest.mark.parametrize("folder", [".janus/platform/vault", "docs/vault"])
def test_the_folders_that_the_platform_takes_by_itself_count_too(
    place: Callable[[Path], None], tmp_path: Path, folder: str
) -> None:
    place(tmp_path / folder)
    with pytest.raises(SuiteError, match="the platform"):
        load_suite("private/test")


def test_in_any_repository_it_is_refused(place: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "project/.git").mkdir(parents=True)
    place(tmp_path / "project/vault")
    with pytest.raises(SuiteError, match="lies in the repository"):
        load_suite("private/test")


def test_in_this_repository_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "JANUS_BENCH_PRIVATE_PATH", str(REPOSITORY / "bench/janus_bench/quality/suites/public/dev")
    )
    with pytest.raises(SuiteError, match=r"lies in the repository|is the installation"):
        load_suite("private/test")


def test_a_link_does_not_lead_around_it(
    place: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path / "image/vault")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/items.jsonl").symlink_to(tmp_path / "image/vault/items.jsonl")
    monkeypatch.setenv("JANUS_BENCH_PRIVATE_PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("JANUS_SANDBOX_IMAGE", f"/opt/nothing:{tmp_path / 'image'}")
    with pytest.raises(SuiteError, match="every sandbox sees"):
        load_suite("private/test")
