"""Log files that stay within their bound, and their reading."""

from janus_cli.log_files import Follower, RotatingLog, last_lines


def test_lines_are_appended_across_runs(tmp_path):
    for text in (b"one", b"two"):
        log = RotatingLog(tmp_path / "a.log")
        log.write(text)
        log.close()
    assert last_lines(tmp_path / "a.log", 10) == ["one", "two"]


def test_a_full_file_makes_room_and_the_oldest_goes(tmp_path):
    log = RotatingLog(tmp_path / "a.log", file_bytes=25)
    for number in range(10):
        log.write(b"line %d....." % number)
    log.close()
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(files) == {"a.log", "a.log.1", "a.log.2"}
    assert all(len(content) <= 25 for content in files.values())
    assert files["a.log"].endswith(b"line 9.....\n")


def test_the_last_lines_of_a_large_file_are_whole(tmp_path):
    file = tmp_path / "a.log"
    file.write_text("".join(f"{number:05}\n" for number in range(1000)))
    assert last_lines(file, 3) == ["00997", "00998", "00999"]
    assert last_lines(file, 100, window=20) == ["00997", "00998", "00999"]


def test_a_missing_file_has_no_lines(tmp_path):
    assert last_lines(tmp_path / "none", 5) == []


def test_a_follower_reads_whole_new_lines_only_and_survives_rotation(tmp_path):
    file = tmp_path / "a.log"
    file.write_text("old\n")
    follower = Follower(file)
    with file.open("a") as more:
        more.write("new\nhal")
    assert list(follower.new_lines()) == ["new"]
    with file.open("a") as more:
        more.write("f\n")
    assert list(follower.new_lines()) == ["half"]
    file.rename(tmp_path / "a.log.1")
    file.write_text("fresh\n")
    assert list(follower.new_lines()) == ["fresh"]
    assert list(follower.new_lines()) == []
