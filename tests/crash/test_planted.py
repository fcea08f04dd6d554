"""Something planted at every path that a run writes: nothing is followed, nothing hangs.

The victim stands for a file that an attacker wants to be written over, /etc/shadow for one. Each
run is a process of its own with a bound on its time, since a FIFO could hold it for ever.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.plan.actions import Command, KeepOriginal, ReplaceFile
from wizard.plan.certificate_actions import Relink, SelfSign
from wizard.plan.files import Link, NewFile, sha256
from wizard.plan.model import Action, Plan, Step
from wizard.run import files
from wizard.run.journal import read_journal
from wizard.run.paths import Places, RunPlaces, make_run
from wizard.run.progress import progress
from wizard.run.request import write_request
from wizard.run.seals import read_seals

pytestmark = [
    pytest.mark.promise(10),
    pytest.mark.skipif(os.geteuid() != 0, reason="owners and mounts need root"),
]

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW, VICTIM = b"old\n", b"new\n", b"root:secret\n"
STRANGER = 65534
_BOUND = 30


def plan(etc: Path, *, sign: bool) -> Plan:
    path = str(etc / "main.cf")
    link = Link(str(etc / "cert.pem"), "archive/cert1.pem", f"file:{sha256(OLD)}")
    actions: dict[str, Action] = {
        "original": KeepOriginal(path, f"{path}.orig", sha256(OLD)),
        "links": Relink("example.com", (link,)),
        "sign": SelfSign(str(etc / "own.pem"), str(etc / "own.key"), ("a.example",), 30),
        "main.cf": ReplaceFile(NewFile(path, NEW, sha256(OLD))),
        "say": Command(("echo", "hello")),
    }
    if not sign:
        del actions["sign"]  # a key takes longer than all the rest
    steps = tuple(Step(name, name, "why", action) for name, action in actions.items())
    return Plan('[hostname]\nmyhostname = "a.example"\n', (), steps, ())


class House:
    """What a run meets: its own places, an etc, and the victim that nothing may touch."""

    def __init__(self, top: Path, *, sign: bool = False) -> None:
        self.places = Places(top / "state", top / "run", top / "wizard/answers.toml")
        self.etc = top / "etc"
        (self.etc / "archive").mkdir(parents=True, mode=0o755)
        for name in ("main.cf", "cert.pem", "archive/cert1.pem"):
            (self.etc / name).write_bytes(OLD)
        self.victim = top / "victim"
        self.victim.write_bytes(VICTIM)
        self.hall = top / "hall"
        self.hall.mkdir()
        for directory in (self.places.runtime, self.places.answers.parent):
            directory.mkdir(mode=0o700)
        self.run: RunPlaces = make_run(self.places, time.time())
        write_request(self.run, plan(self.etc, sign=sign), attended=False)

    def work(self) -> str:
        """Run the worker to its end and return all it said."""
        words = [str(one) for one in (self.places.state, self.places.runtime, self.places.answers)]
        script = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path\n"
            "from wizard.errors import Trouble; from wizard.run.paths import Places\n"
            "from wizard.run.worker import work\n"
            f"try: work(Places(*map(Path, {words!r})), {self.run.id!r})\n"
            "except Trouble as trouble: print(trouble)\n"
        )
        done = subprocess.run(
            [sys.executable, "-B", "-c", script],
            capture_output=True,
            text=True,
            timeout=_BOUND,
            check=False,
        )
        assert done.stderr == "", "no traceback"
        return done.stdout + self.told()

    def told(self) -> str:
        """Return what the journal says of the end, "" where it says nothing."""
        if self.run.journal.is_symlink() or not self.run.journal.is_file():
            return ""
        reading = read_journal(self.run.journal)
        end = progress(reading.records).finished if reading else None
        return end.message if end else ""

    def done(self) -> bool:
        """Whether the file is the planned one."""
        path = self.etc / "main.cf"
        return path.is_file() and not path.is_symlink() and path.read_bytes() == NEW

    def untouched(self) -> bool:
        status = self.victim.stat()
        return (
            self.victim.read_bytes() == VICTIM
            and (status.st_uid, status.st_mode & 0o777) == (0, 0o644)
            and not list(self.hall.iterdir())
            and not (self.hall.parent / "nowhere").exists()
        )


def copy_of_main_cf(house: House) -> str:
    return f"{read_seals(house.places.key).digest(OLD)[-64:-48]}-main.cf"


SIGNED = ("a certificate", "its key", "staging/")
WRITTEN: dict[str, Callable[[House], Path]] = {
    "main.cf": lambda house: house.etc / "main.cf",
    "its .orig": lambda house: house.etc / "main.cf.orig",
    "a temporary name": lambda house: house.etc / f".main.cf{files.MARK}0123456789abcdef",
    "a link of live/": lambda house: house.etc / "cert.pem",
    "a certificate": lambda house: house.etc / "own.pem",
    "its key": lambda house: house.etc / "own.key",
    "answers.toml": lambda house: house.places.answers,
    "the answers' directory": lambda house: house.places.answers.parent,
    "the state directory": lambda house: house.places.state,
    "the runs' directory": lambda house: house.places.runs,
    "the run's directory": lambda house: house.run.directory,
    "plan.json": lambda house: house.run.plan,
    "request.json": lambda house: house.run.request,
    "the journal": lambda house: house.run.journal,
    "the output's directory": lambda house: house.run.outputs,
    "an output": lambda house: house.run.output("say"),
    "replaced/": lambda house: house.run.replaced,
    "a replaced file": lambda house: house.run.replaced / copy_of_main_cf(house),
    "staging/": lambda house: house.run.staging,
    "the runtime directory": lambda house: house.places.runtime,
    "the key": lambda house: house.places.key,
    "the lock": lambda house: house.places.lock,
    "the socket": lambda house: house.places.socket,
}
"""Every path below /etc, /var/lib and /run that a run writes; the table of senders needs postmap
and is attacked in the lab."""


def aside(path: Path) -> None:
    """Make room for what is planted."""
    if os.path.lexists(path):
        path.rename(path.with_name(f"{path.name}-aside"))


def soft(house: House, path: Path) -> None:
    directory = path.is_dir()
    aside(path)
    path.symlink_to(house.hall if directory else house.victim)


def dangling(house: House, path: Path) -> None:
    aside(path)
    path.symlink_to(house.hall.parent / "nowhere")


def hard(house: House, path: Path) -> None:
    if path.is_dir():
        pytest.skip("a directory has no hard links")
    aside(path)
    os.link(house.victim, path)


def fifo(_house: House, path: Path) -> None:
    aside(path)
    os.mkfifo(path)


def others(_house: House, path: Path) -> None:
    """Give it, or the directory it is to be in, to another user."""
    os.chown(path if path.is_dir() else path.parent, STRANGER, STRANGER)


def mount(house: House, path: Path) -> None:
    """Lay the victim over it; whatever is written there would be the victim's bytes."""
    there = path
    if not path.exists():
        path.touch()
    source = house.hall if there.is_dir() else house.victim
    subprocess.run(["mount", "--bind", source, there], check=True)


KINDS = {
    "a link to a file or directory": soft,
    "a link to nowhere": dangling,
    "a hard link": hard,
    "a FIFO": fifo,
    "another owner": others,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_planted_is_followed(
    tmp_path: Path, kind: str, record_property: Callable[[str, object], None]
) -> None:
    for number, (name, place) in enumerate(WRITTEN.items()):
        house = House(tmp_path / str(number), sign=name in SIGNED)
        path = place(house)
        if kind == "a hard link" and path.is_dir():
            continue
        KINDS[kind](house, path)
        said = house.work()
        assert house.untouched(), (name, said)
        # Either it did no harm and all is as planned, or it was refused in words.
        harmless = not said and house.done()
        assert harmless or str(path) in said or str(path.parent) in said, (name, said)
        record_property("count:planted", 1)


@pytest.mark.slow
def test_a_mount_is_not_written_through(tmp_path: Path) -> None:
    for number, (name, place) in enumerate(WRITTEN.items()):
        house = House(tmp_path / str(number), sign=name in SIGNED)
        path = place(house)
        if path.is_dir():
            # A mount is root's word: its directory is another's only by its owner.
            os.chown(house.hall, STRANGER, STRANGER)
        mount(house, path)
        try:
            said = house.work()
            assert house.untouched(), (name, said)
            assert said, name
        finally:
            subprocess.run(["umount", "--lazy", path], check=True)


def test_a_socket_that_another_listens_on_is_not_used(tmp_path: Path) -> None:
    house = House(tmp_path / "house")
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(house.places.socket))
        theirs.listen()
        assert house.work() == ""
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.accept()
