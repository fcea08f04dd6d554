"""The one file: packed the same each time, unpacked once, and only where nobody else can write."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Optional

import pytest

ROOT = Path(__file__).parents[2]
ONE_FILE = ROOT / "scripts/one_file"

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
    for name in ("tmp", "run"):
        (home / name).mkdir()
    return home


def packed(home: Path, says: str = SAYS) -> Path:
    source, target = home / "source", home / "program.pyz"
    (source / "screens").mkdir(parents=True, exist_ok=True)
    (source / "screens/main.py").write_text(says)
    start = (ONE_FILE / "__main__.py").read_text()
    (source / "__main__.py").write_text(start.replace('"/var/cache"', f'"{home}/.cache"'))
    (source / "wizard").mkdir(exist_ok=True)
    caller = (ROOT / "wizard/caller.py").read_text()
    places = f"({str(home / 'tmp')!r}, {str(home / 'run')!r})"
    assert '("/tmp", "/run", "/var/lib")' in caller
    caller = caller.replace('("/tmp", "/run", "/var/lib")', places)
    (source / "wizard/caller.py").write_text(caller)
    argv = [sys.executable, str(ONE_FILE / "pack.py"), str(source), str(target)]
    subprocess.run(argv, check=True)
    return target


def started(program: Path, environment: Optional[Mapping[str, str]] = None) -> tuple[Path, bool]:
    """Return where the program ran from, and whether it imported what unpacks."""
    home = program.parent
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "HOME": str(home), **(environment or {})},
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
    assert elsewhere.parent == home / "tmp", "a temporary directory"
    assert not elsewhere.exists(), "which ends with the process"


def test_without_a_cache_it_runs_from_a_temporary_directory(home: Path) -> None:
    program = packed(home)
    (home / ".cache").rmdir()
    (home / ".cache").touch()
    place, _ = started(program)
    assert place.parent == home / "tmp"
    assert not place.exists()


FILLS = """\
import os, sys
def main():
    text = "x = 0" + "".join(f"\\ny{n} = {n}" for n in range(9000))
    with open(os.path.join(sys.path[0], "screens/large.py"), "w") as file:
        file.write(text)
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    import screens.large
    print(sys.path[0], False)
"""


def test_byte_code_that_could_not_be_written_whole_is_not_there(home: Path) -> None:
    """Where the disk is full, write(2) takes a part, and says so only by its count."""
    place, _ = started(packed(home, FILLS))
    names = sorted(one.name.partition(".")[0] for one in (place / "screens/__pycache__").iterdir())
    assert names == ["main"]
    started(packed(home, FILLS))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_leaves_nothing_in_the_temporary_directory(home: Path, number: int) -> None:
    program = packed(home, "import sys, time\ndef main():\n    print(flush=True); time.sleep(99)\n")
    (home / ".cache").rmdir()
    (home / ".cache").touch()
    with subprocess.Popen(
        [sys.executable, str(program)],
        env={**os.environ, "HOME": str(home)},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        (place,) = (home / "tmp").glob("postfix-wizard-*")
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


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("when", [1, 2, 4])
def test_a_build_whose_removal_was_killed_is_unpacked_again(home: Path, when: int) -> None:
    first = packed(home).rename(home / "first.pyz")
    old, _ = started(first)
    second = packed(home, f"{SAYS}\n")
    fault = f"--inject=unlink,unlinkat,rmdir:signal=SIGKILL:when={when}"
    argv = ["strace", "-f", "-qq", "-o", "/dev/null", fault, sys.executable, str(second)]
    killed = subprocess.run(argv, env={**os.environ, "HOME": str(home)}, check=False)
    assert killed.returncode != 0
    assert started(first) == (old, True)
    assert started(second)[0].is_dir()
    assert [one for one in cache(home).iterdir() if one.name.startswith(".old-")] == []


EVIL = "print('evil', False)\n"


@pytest.mark.slow
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
    assert place.parent == home / "tmp", "a temporary directory"
    assert sorted(home.rglob("*")) == before


STRANGER = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="other users and mounts")


def evil(home: Path) -> Path:
    """A stranger's directory with a program of its own in each place that a variable could name."""
    eve = home / "eve"
    for name in ("screens", "postfix-wizard", ".cache/postfix-wizard"):
        (eve / name).mkdir(parents=True)
    for name in ("screens/main.py", "shutil.py", "zipfile.py", "sitecustomize.py"):
        (eve / name).write_text(f"open({str(home / 'evil')!r}, 'w')\n{EVIL}")
    for one in (eve, *eve.rglob("*")):
        os.chown(one, STRANGER, STRANGER)
    eve.chmod(0o777)
    return eve


VARIABLES = (
    *("TMPDIR", "TMP", "TEMP", "HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "SHIV_ROOT"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP"),
)


@needs_root
@pytest.mark.promise(37, 22)
@pytest.mark.parametrize("cached", [True, False])
def test_variables_of_the_caller_decide_nothing(home: Path, cached: bool) -> None:
    """The program is called by its first line, as a command is."""
    program, eve = packed(home), evil(home)
    if not cached:
        (home / ".cache").rmdir()
        (home / ".cache").touch()
    before = sorted(eve.rglob("*"))
    environment = {"PATH": os.environ["PATH"], **dict.fromkeys(VARIABLES, str(eve))}
    argv = [sys.executable, "-I", str(program)]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    place = Path(done.stdout.split()[0])
    assert place.parent == (cache(home) if cached else home / "tmp")
    assert sorted(eve.rglob("*")) == before, "nothing was written there"
    assert not (home / "evil").exists(), "nothing was executed from there"


@needs_root
@pytest.mark.promise(37)
def test_called_through_python_its_variables_are_dropped(home: Path) -> None:
    program = packed(
        home, "import os, sys\ndef main():\n    print(sys.flags.isolated, *os.environ)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(home / "nowhere"), "TEXTUAL_DRIVER": "x:y"}
    argv = [sys.executable, str(program)]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    isolated, *names = done.stdout.split()
    assert isolated == "1"
    kept = {"TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES"}
    kept |= {"SUDO_USER", "SUDO_UID", "SSH_CONNECTION"}
    assert set(names) <= kept | {"PATH", "HOME", "LC_ALL", "LC_CTYPE"}


def passages(home: Path) -> list[Path]:
    """Return the directories down to `home` that other users must be able to pass."""
    return [one for one in (home, *home.parents) if Path(tempfile.gettempdir()) in one.parents]


def open_to_all(place: Path) -> None:
    place.chmod(0o777)


def of_a_group(place: Path) -> None:
    place.chmod(0o770)


def strangers(place: Path) -> None:
    os.chown(place, STRANGER, STRANGER)


def strangers_and_sticky(place: Path) -> None:
    os.chown(place, STRANGER, STRANGER)
    place.chmod(0o1777)


def a_link_to_a_strangers(place: Path) -> None:
    place.rmdir()
    hall = place.with_name(f"{place.name}-hall")
    hall.mkdir()
    os.chown(hall, STRANGER, STRANGER)
    place.symlink_to(hall)


def a_fifo(place: Path) -> None:
    place.rmdir()
    os.mkfifo(place)


def a_file(place: Path) -> None:
    place.rmdir()
    place.touch()


def missing(place: Path) -> None:
    place.rmdir()


def a_loop(place: Path) -> None:
    place.rmdir()
    place.symlink_to(place)


UNSAFE: dict[str, Callable[[Path], None]] = {
    "open to all": open_to_all,
    "a group's": of_a_group,
    "a stranger's": strangers,
    "a stranger's and sticky": strangers_and_sticky,
    "a link to a stranger's": a_link_to_a_strangers,
    "a FIFO": a_fifo,
    "a file": a_file,
    "missing": missing,
    "a link to itself": a_loop,
}


@pytest.mark.slow
@needs_root
@pytest.mark.promise(37)
@pytest.mark.parametrize("how", UNSAFE)
def test_an_unsafe_directory_is_passed_over(home: Path, how: str) -> None:
    """For the cache, for temporary files, and for both of these: then it says so and ends."""
    program = packed(home)
    UNSAFE[how](home / ".cache")
    place, _ = started(program)
    made_anew = how == "missing"
    assert place.parent == (cache(home) if made_anew else home / "tmp")
    if made_anew:
        (home / ".cache/postfix-wizard").rename(home / "aside")
        (home / ".cache").rmdir()
        (home / ".cache").touch()
    UNSAFE[how](home / "tmp")
    place, _ = started(program)
    assert place.parent == home / "run"
    UNSAFE[how](home / "run")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no directory is safe from other users" in done.stderr
    assert "Traceback" not in done.stderr


@needs_root
@pytest.mark.promise(37)
@pytest.mark.parametrize("option", ["ro", "size=64k", "nr_inodes=2"])
def test_a_full_or_read_only_directory_is_passed_over(home: Path, option: str) -> None:
    program = packed(home, SAYS + "#" * (1 << 20) + "\n")
    for name in (".cache", "tmp"):
        mount = ["mount", "-t", "tmpfs", "-o", f"{option},mode=0755", "none", str(home / name)]
        subprocess.run(mount, check=True)
    try:
        place, _ = started(program)
        assert place.parent == home / "run"
    finally:
        for name in (".cache", "tmp"):
            subprocess.run(["umount", "--lazy", str(home / name)], check=True)


@needs_root
@pytest.mark.promise(37)
def test_a_sticky_directory_of_roots_is_used_and_nobody_moves_what_is_in_it(home: Path) -> None:
    for one in passages(home):
        one.chmod(0o755)
    (home / "tmp").chmod(0o1777)
    program = packed(home, "import sys\ndef main():\n    print(sys.path[0], flush=True); input()\n")
    (home / ".cache").rmdir()
    (home / ".cache").touch()
    with subprocess.Popen(
        [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        place = Path(process.stdout.readline().strip())
        assert place.parent == home / "tmp"
        script = f"import os; os.rename({str(place)!r}, {str(home / 'tmp/mine')!r})"
        argv = [
            "setpriv",
            f"--reuid={STRANGER}",
            "--clear-groups",
            "/usr/bin/python3",
            "-c",
            script,
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert "Operation not permitted" in done.stderr
        process.communicate("\n")


@needs_root
@pytest.mark.promise(37)
def test_a_normal_user_has_a_cache_of_their_own(home: Path) -> None:
    program = packed(home)
    for one in passages(home):
        one.chmod(0o755)
    theirs = home / "theirs"
    theirs.mkdir()
    os.chown(theirs, STRANGER, STRANGER)
    argv = ["setpriv", f"--reuid={STRANGER}", "--clear-groups", "/usr/bin/python3", str(program)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(theirs), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    assert Path(done.stdout.split()[0]).parent == theirs / ".cache/postfix-wizard"
