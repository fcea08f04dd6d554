"""The door: another root is never left, nothing of the caller reaches a command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wizard.door import Door
from wizard.errors import Trouble


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inside = tmp_path / "root"
    (inside / "etc").mkdir(parents=True)
    (tmp_path / "secret").write_text("outside")
    (inside / "secret").write_text("inside")
    return inside


@pytest.mark.parametrize(
    ("target", "content"),
    [
        ("/secret", b"inside"),
        ("../secret", b"inside"),
        ("../../secret", b"inside"),
        ("../../../../../../secret", b"inside"),
        ("./.././secret", b"inside"),
        ("/nowhere", None),
        ("secret/below", None),
    ],
)
def test_links_are_followed_inside_the_root(root: Path, target: str, content: object) -> None:
    (root / "etc/link").symlink_to(target)
    door = Door(root)
    assert door.read_bytes("/etc/link") == content
    assert door.read_link("/etc/link") == target


def test_a_directory_that_is_a_link_stays_inside(root: Path) -> None:
    (root / "etc/up").symlink_to("../..")
    door = Door(root)
    assert door.read_text("/etc/up/secret") == "inside"
    assert door.list_dir("/etc/up") == ("etc", "secret")
    assert door.read_text("/../secret") == "inside"


def test_a_link_itself_is_seen_by_lstat_and_its_end_by_stat(root: Path) -> None:
    (root / "etc/link").symlink_to("/secret")
    (root / "etc/dangling").symlink_to("/nowhere")
    door = Door(root)
    link, end = door.lstat("/etc/link"), door.stat("/etc/link")
    assert link is not None
    assert end is not None
    assert (link.st_ino, end.st_ino) == (
        (root / "etc/link").lstat().st_ino,
        (root / "secret").stat().st_ino,
    )
    assert door.lstat("/etc/dangling") is not None
    assert door.stat("/etc/dangling") is None
    assert door.lstat("/etc/none") is None
    assert door.read_link("/secret") is None
    assert door.read_link("/etc/none") is None
    assert door.list_dir("/etc/none") is None


def test_a_circle_of_links_is_a_trouble(root: Path) -> None:
    (root / "etc/a").symlink_to("b")
    (root / "etc/b").symlink_to("a")
    with pytest.raises(Trouble, match="While reading /etc/a: Too many levels of symbolic links"):
        Door(root).read_bytes("/etc/a")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_a_trouble_and_holds_nobody(root: Path, make: object) -> None:
    assert callable(make)
    make(root / "etc/main.cf")
    with pytest.raises(Trouble, match="something else than a file stands there"):
        Door(root).read_bytes("/etc/main.cf")


def test_a_file_that_is_too_large(root: Path) -> None:
    with (root / "etc/huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(Trouble, match="it is larger than"):
        Door(root).read_bytes("/etc/huge")


def test_a_small_file_takes_little_memory(root: Path) -> None:
    """A host whose memory is limited must not need room for the largest file that is allowed."""
    (root / "small").write_bytes(b"x")
    script = (
        "import resource, sys; from pathlib import Path; from wizard.door import Door\n"
        "resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))\n"
        "print(Door(Path(sys.argv[1])).read_bytes('/small'))"
    )
    argv = [sys.executable, "-c", script, str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("b'x'\n", "")


def test_another_root_is_never_asked_through_this_host(root: Path) -> None:
    door = Door(root)
    assert not door.is_live
    assert door.run(("cat", "/etc/hostname")) is None
    assert Door(Path("/")).run(("cat", "/etc/hostname")) is not None


@pytest.mark.promise(22)
def test_commands_get_a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "MAIL_CONFIG", "PYTHONPATH", "LD_PRELOAD", "PATH", "TMPDIR"):
        monkeypatch.setenv(name, "/evil")
    outcome = Door().run(("env",))
    assert outcome is not None
    assert "/evil" not in outcome.text
    rows = dict(line.split("=", 1) for line in outcome.text.splitlines())
    assert rows["PATH"] == "/usr/sbin:/usr/bin:/sbin:/bin"
    assert (rows["LC_ALL"], rows["HOME"], rows["TERM"]) == ("C.UTF-8", "/root", "dumb")


def test_commands_have_no_input_but_what_is_given() -> None:
    door = Door()
    silent, spoken = door.run(("cat",)), door.run(("cat",), data=b"said")
    assert silent is not None
    assert spoken is not None
    assert (silent.stdout, spoken.stdout) == (b"", b"said")


def test_a_program_that_is_not_there_cannot_be_asked() -> None:
    assert Door().run(("no-such-program-here",)) is None


def test_a_command_that_hangs_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(Trouble, match=r"running sleep 60: it gave no answer within 0\.2 seconds"):
        Door().run(("sleep", "60"), timeout=0.2)
    assert time.monotonic() - began < 10


def test_a_command_nobody_asks_any_more_is_ended() -> None:
    running = Door().start(("sleep", "60"))
    assert running is not None
    pid = running._process.pid
    del running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_complaints_are_the_lines_that_say_something() -> None:
    outcome = Door().run(("ls", "/nowhere-at-all"))
    assert outcome is not None
    assert outcome.code != 0
    assert outcome.complaints == ("ls: cannot access '/nowhere-at-all': No such file or directory",)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("wc", "-l"), [b"200000\n"]),
        (("head", "-n", "1"), [b"a line to be read\n"]),
        (("sh", "-c", "cat >&2; echo end"), [b"end\n"]),
    ],
    ids=["all of it", "one that ends early", "one that complains of each line"],
)
def test_a_program_is_fed_more_than_a_pipe_holds(argv: tuple[str, ...], expected: object) -> None:
    running = Door().start(argv, data=b"")
    assert running is not None
    assert list(running.feed(b"a line to be read\n" for _ in range(200_000))) == expected


def test_what_a_host_has() -> None:
    assert Door().has("cat")
    assert not Door().has("no-such-program")
    assert not Door(Path("/tmp")).has("cat")


def test_what_cannot_be_read_is_as_nothing_to_those_who_need_it_not(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("a text")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory/name").touch()
    door = Door(tmp_path)
    paths = ("/text", "/directory", "/loop", "/nothing")
    assert [door.readable_text(path) for path in paths] == ["a text", "", "", ""]
    assert [door.readable_names(path) for path in paths] == [(), ("name",), (), ()]
    assert [door.is_there(path) for path in paths] == [True, True, False, False]
