"""The one file: packed the same each time, unpacked once, and only where nobody else can write."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ONE_FILE = Path(__file__).parents[3] / "scripts/one_file"

SAYS = """\
import sys
def main():
    print(sys.path[0], "zipfile" in sys.modules)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Stand in for the user's home, /var/cache for root included."""
    home = tmp_path / "home"
    (home / ".cache").mkdir(parents=True)
    return home


def packed(home: Path, says: str = SAYS) -> Path:
    source, target = home / "source", home / "program.pyz"
    (source / "screens").mkdir(parents=True, exist_ok=True)
    (source / "screens/main.py").write_text(says)
    start = (ONE_FILE / "__main__.py").read_text()
    (source / "__main__.py").write_text(start.replace('"/var/cache"', f'"{home}/.cache"'))
    argv = [sys.executable, str(ONE_FILE / "pack.py"), str(source), str(target)]
    subprocess.run(argv, check=True)
    return target


def started(program: Path) -> tuple[Path, bool]:
    """Return where the program ran from, and whether it imported what unpacks."""
    home = program.parent
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "HOME": str(home), "TMPDIR": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    place, imported = done.stdout.split()
    return Path(place), imported == "True"


def cache(home: Path) -> Path:
    return home / ".cache/postfix-wizard"


def test_the_same_content_is_the_same_bytes(home: Path) -> None:
    first = packed(home).read_bytes()
    assert packed(home).read_bytes() == first
    assert packed(home, f"{SAYS}\n").read_bytes() != first


def test_it_is_unpacked_once_and_then_starts_without_what_unpacks(home: Path) -> None:
    program = packed(home)
    place, unpacked = started(program)
    assert unpacked
    assert [place] == list(cache(home).iterdir())
    assert started(program) == (place, False)


@pytest.mark.promise(10)
@pytest.mark.parametrize("which", ["cache", "build"])
def test_what_others_can_write_to_is_not_run(home: Path, which: str) -> None:
    program = packed(home)
    place, _ = started(program)
    open_to_all = cache(home) if which == "cache" else place
    open_to_all.chmod(0o777)
    elsewhere, _ = started(program)
    assert elsewhere.parent == home, "a temporary directory"
    assert not elsewhere.exists(), "which ends with the process"


def test_without_a_cache_it_runs_from_a_temporary_directory(home: Path) -> None:
    program = packed(home)
    (home / ".cache").rmdir()
    (home / ".cache").touch()
    place, _ = started(program)
    assert place.parent == home
    assert not place.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_leaves_nothing_in_the_temporary_directory(home: Path, number: int) -> None:
    program = packed(home, "import sys, time\ndef main():\n    print(flush=True); time.sleep(99)\n")
    (home / ".cache").rmdir()
    (home / ".cache").touch()
    with subprocess.Popen(
        [sys.executable, str(program)],
        env={**os.environ, "HOME": str(home), "TMPDIR": str(home)},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        (place,) = home.glob("postfix-wizard-*")
        process.send_signal(number)
    end = time.monotonic() + 10
    while place.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not place.exists()


def test_another_build_goes_when_nothing_runs_from_it(home: Path) -> None:
    old, _ = started(packed(home))
    descriptor = os.open(old, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    new, _ = started(packed(home, f"{SAYS}\n"))
    assert {old, new} == set(cache(home).iterdir()), "one that runs stays"
    os.close(descriptor)
    newest, _ = started(packed(home, f"{SAYS}\n\n"))
    assert {newest} == set(cache(home).iterdir())


EVIL = "print('evil', False)\n"


@pytest.mark.promise(10)
@pytest.mark.parametrize("planted", ["a link", "a link to nowhere", "another's", "a file"])
@pytest.mark.parametrize("which", ["cache", "build"])
def test_what_another_planted_in_the_cache_is_neither_run_nor_written(
    home: Path, which: str, planted: str
) -> None:
    program = packed(home)
    build, _ = started(program)
    path = cache(home) if which == "cache" else build
    path.rename(home / "aside")
    hall = home / "hall"
    evil = hall / build.name if which == "cache" else hall
    (evil / "screens").mkdir(parents=True)
    (evil / "screens/main.py").write_text(EVIL)
    if planted == "a link":
        path.symlink_to(hall)
    elif planted == "a link to nowhere":
        path.symlink_to(home / "nowhere")
    elif planted == "another's":
        hall.rename(path)
        for one in (path, *path.rglob("*")):
            os.chown(one, 65534, 65534)
    else:
        path.write_text(EVIL)
    before = sorted(home.rglob("*"))
    place, _ = started(program)
    assert place.parent == home, "a temporary directory"
    assert sorted(home.rglob("*")) == before
