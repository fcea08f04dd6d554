"""Hashes as they are stored: keyed, whole at every kind of step, and compared with bare ones too."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from tests.unit.run.runs import last, plan, prepared, told
from wizard.errors import Trouble
from wizard.plan.actions import (
    BuildTable,
    CheckDovecot,
    CheckZone,
    KeepOriginal,
    ReplaceFile,
    StagedCheck,
)
from wizard.plan.certificate_actions import Lay, Relink, SelfSign
from wizard.plan.files import Key, LaidFile, Link, NewFile, Past, sha256
from wizard.plan.model import Action, Plan
from wizard.plan.undo_actions import PutBack
from wizard.plan.wire import plan_to_bytes
from wizard.run.directories import make_private
from wizard.run.files import replace
from wizard.run.journal import open_journal
from wizard.run.path_state import Stale
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.progress import progress
from wizard.run.records import DONE, RunFinished, RunStarted, StepFinished, StepIntended
from wizard.run.request import Request, read_plan, read_request
from wizard.run.seals import KEY_BYTES, Seals, hashed_fields, make_seals, read_seals
from wizard.run.worker import work
from wizard.status.bases import bases
from wizard.status.expected import expected_state

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="files of root"),
    pytest.mark.promise(38),
]

SECRET = b"[relay.example.com]:587 taro:hunter2\n"
NEW = b"[relay.example.com]:587 taro:hunter3\n"
BARE = re.compile(rb"[0-9a-f]{64}")
NAMES = {"was", "now", "sha256", "before", "opened", "result"}
OF_OTHER_THINGS = {
    *(
        (name, "was")
        for name in (
            "Service",
            "TurnBeside",
            "TurnSigner",
            "ReturnSigner",
            "EnableUnit",
            "ReloadZone",
        )
    ),
    *((name, "was") for name in ("SetAlternative", "ReturnAlternative")),
    ("HoldMail", "before"),
}
"""Such fields, by class name, that have a unit's state, a serial, an alternative or parameters."""


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (made / "sasl_passwd").write_bytes(SECRET)
    return made


def writes(etc: Path) -> Plan:
    file = NewFile(str(etc / "sasl_passwd"), NEW, sha256(SECRET), 0o600)
    return plan(("sasl_passwd", ReplaceFile(file)))


def classes(kind: Any) -> Iterator[type]:
    """The dataclasses in a type, whatever tuple or union they are in."""
    if dataclasses.is_dataclass(kind):
        yield kind  # type: ignore[misc]
    for one in get_args(kind):
        yield from classes(one)


def reachable(kind: type, seen: set[type]) -> set[type]:
    if kind not in seen:
        seen.add(kind)
        for hint in get_type_hints(kind).values():
            for one in classes(hint):
                reachable(one, seen)
    return seen


def test_every_stored_hash_of_every_action_is_keyed() -> None:
    """A new field with a hash must be marked, or the hash would be stored bare."""
    seen: set[type] = set()
    for action in get_args(Action):
        reachable(action, seen)
    assert len(seen) > 30
    leading = {kind for kind in seen if hashed_fields(kind)}
    for kind in seen:
        hints = get_type_hints(kind)
        wanted = {
            name for name in hints if name in NAMES and (kind.__name__, name) not in OF_OTHER_THINGS
        }
        wanted |= {name for name, hint in hints.items() if leading & set(classes(hint))}
        assert set(hashed_fields(kind)) == wanted, kind


def everything(etc: Path) -> Plan:
    """A plan with a hash in each place that has one."""
    digest = sha256(SECRET)
    state, path = f"file:{digest}", str(etc / "sasl_passwd")
    key = Key("(password)", digest, "/etc/postfix-wizard/relay.password")
    file = NewFile(path, b"x (password)\n", digest, keys=(key,), opened=digest)
    return plan(
        ("a", KeepOriginal(path, f"{path}.orig", digest)),
        ("b", Relink("x", (Link(path, "y", state),))),
        ("c", Lay("x", "/t", (LaidFile(path, state, digest),))),
        ("d", SelfSign("/c", "/k", ("n",), 1, (digest, None))),
        ("e", StagedCheck((file,), ())),
        ("f", CheckZone("z", file)),
        ("g", BuildTable("hash", path, (("a", "b"),), keys=(key,))),
        ("h", PutBack((Past(path, state, state, copy="c"),))),
        ("i", CheckDovecot(file, "2.3", (), "", "", "", "")),
    )


def test_a_plan_is_written_without_a_bare_hash_and_the_same_twice(
    places: Places, etc: Path
) -> None:
    wanted = everything(etc)
    assert BARE.search(plan_to_bytes(wanted))
    first, second = prepared(places, wanted), prepared(places, wanted)
    texts = [places.run(run).plan.read_bytes() for run in (first, second)]
    assert texts[0] == texts[1]
    assert b"hmac:" in texts[0]
    for secret in (SECRET, b"hunter2"):
        assert hashlib.sha256(secret).hexdigest().encode() not in texts[0]
    bare = re.findall(rb"(?<!hmac:[0-9a-f]{8}:)[0-9a-f]{64}", texts[0])
    assert bare == []
    at = places.run(first)
    again = read_plan(at, read_request(at).plan_sha256)
    assert again == read_seals(places.key).within(wanted)
    assert again.steps[0].action != wanted.steps[0].action


def test_a_run_its_undo_and_their_journals_have_no_bare_hash(places: Places, etc: Path) -> None:
    run = prepared(places, writes(etc))
    assert work(places, run) == 0, last(places, run)
    (copy,) = places.run(run).replaced.iterdir()
    assert not copy.name.startswith(sha256(SECRET)[:16])
    back = prepared(places, undo_plan(places))
    assert work(places, back) == 0, last(places, back)
    assert (etc / "sasl_passwd").read_bytes() == SECRET
    for path in places.state.rglob("*"):
        if path.is_file():
            for text in (SECRET, NEW):
                digest = hashlib.sha256(text).hexdigest()[:16].encode()
                assert digest not in path.read_bytes(), path


def test_a_stale_file_is_told_without_its_hash(places: Places, etc: Path) -> None:
    run = prepared(places, writes(etc))
    (etc / "sasl_passwd").write_bytes(b"edited\n")
    assert work(places, run) == 1
    said = last(places, run).message
    assert "a file with another text" in said
    assert not re.search(r"[0-9a-f]{12}", said.replace(str(etc), "").replace(run, "")), said


def of_an_older_program(places: Places, wanted: Plan, *records: Any) -> str:
    """Write a run down as a program did that stored bare hashes and had no key."""
    run = prepared(places, Plan("", (), (), ()))
    places.key.unlink()
    at = places.run(run)
    data = plan_to_bytes(wanted)
    at.plan.write_bytes(data)
    request = {"version": 1, "request": {"plan_sha256": sha256(data), "attended": False}}
    assert isinstance(read_request(at), Request)
    at.request.write_text(json.dumps(request))
    with open_journal(at.journal, run) as (journal, _):
        for record in records:
            journal.append(record)
    return run


def terms(etc: Path, copy: str) -> dict[str, object]:
    entry = {
        "path": str(etc / "sasl_passwd"),
        "was": f"file:{sha256(SECRET)}",
        "now": f"file:{sha256(NEW)}",
        "copy": copy,
        "uid": 0,
        "gid": 0,
        "mode": 0o600,
        "mtime_ns": 1,
        "xattrs": {},
    }
    return {"files": [entry]}


@pytest.mark.parametrize("has_key", [False, True])
def test_a_run_of_an_older_program_is_compared_and_undone(
    places: Places, etc: Path, has_key: bool
) -> None:
    copy = f"{sha256(SECRET)[:16]}-sasl_passwd"
    undo = terms(etc, copy)
    run = of_an_older_program(
        places,
        writes(etc),
        RunStarted("x", "", 1),
        StepIntended("sasl_passwd", undo),
        StepFinished("sasl_passwd", DONE, 0.1, "", undo),
        RunFinished(DONE, ""),
    )
    (places.run(run).replaced / copy).write_bytes(SECRET)
    (etc / "sasl_passwd").write_bytes(NEW)
    if has_key:
        make_seals(places.key)
    path, seals = str(etc / "sasl_passwd"), read_seals(places.key)
    assert expected_state(places).paths[path].state == f"file:{seals.digest(NEW)}"
    assert bases(places, {path: f"file:{sha256(NEW)}"}).unknown == ""
    wanted = undo_plan(places)
    assert not wanted.obstacles
    assert places.key.exists() == has_key, "a plan writes nothing"
    back = prepared(places, wanted)
    assert work(places, back) == 0, last(places, back)
    assert (etc / "sasl_passwd").read_bytes() == SECRET


@pytest.mark.parametrize("text", [SECRET, NEW])
def test_a_killed_run_of_an_older_program_is_resumed(
    places: Places, etc: Path, text: bytes
) -> None:
    """Before and after its effect: its own entry is taken over, and gets the keyed form."""
    copy = f"{sha256(SECRET)[:16]}-sasl_passwd"
    run = of_an_older_program(
        places, writes(etc), RunStarted("x", "", 1), StepIntended("sasl_passwd", terms(etc, copy))
    )
    (places.run(run).replaced / copy).write_bytes(SECRET)
    (etc / "sasl_passwd").write_bytes(text)
    assert work(places, run) == 0, last(places, run)
    assert (etc / "sasl_passwd").read_bytes() == NEW
    so_far = progress(told(places, run)).keyed(read_seals(places.key))
    entries: Any = so_far.intended["sasl_passwd"]["files"]
    assert [one["was"] for one in entries] == [f"file:{read_seals(places.key).digest(SECRET)}"]
    back = prepared(places, undo_plan(places))
    assert work(places, back) == 0
    assert (etc / "sasl_passwd").read_bytes() == SECRET


@pytest.mark.parametrize("lost", ["gone", "another"])
def test_a_lost_key_is_named_and_nothing_is_called_edited(
    places: Places, etc: Path, lost: str
) -> None:
    run = prepared(places, writes(etc))
    assert work(places, run) == 0
    kept = places.key.read_bytes()
    places.key.unlink()
    if lost == "another":
        make_seals(places.key)
    said = "is another one now" if lost == "another" else "is not there"
    with pytest.raises(Trouble, match=said):
        undo_plan(places, run)
    assert said in bases(places, {str(etc / "sasl_passwd"): "file:x"}).unknown
    assert said in expected_state(places).unreadable[run]
    if lost == "another":
        places.key.unlink()
    replace(str(places.key), kept, None, mode=0o600)
    assert undo_plan(places, run).pending, "put back, as it says, all is as before"


@pytest.mark.parametrize("text", [b"", b"short", b"x" * (KEY_BYTES + 1)])
def test_a_damaged_key_is_refused(places: Places, etc: Path, text: bytes) -> None:
    make_private(places.state)
    places.key.write_bytes(text)
    with pytest.raises(Trouble, match="damaged"):
        prepared(places, writes(etc))
    with pytest.raises(Trouble, match="damaged"):
        read_seals(places.key)


@pytest.mark.promise(10)
@pytest.mark.parametrize("kind", ["link", "hard link", "fifo", "directory"])
def test_what_stands_in_the_place_of_the_key_is_refused(
    places: Places, etc: Path, kind: str
) -> None:
    make_private(places.state)
    victim = etc / "victim"
    victim.write_bytes(b"x" * KEY_BYTES)
    make: dict[str, Callable[[], object]] = {
        "link": lambda: places.key.symlink_to(victim),
        "hard link": lambda: os.link(victim, places.key),
        "fifo": lambda: os.mkfifo(places.key),
        "directory": places.key.mkdir,
    }
    make[kind]()
    with pytest.raises(Trouble, match=str(places.key)):
        prepared(places, writes(etc))
    assert victim.read_bytes() == b"x" * KEY_BYTES


@pytest.mark.parametrize("mode", [0o755, 0o711, 0o750])
def test_a_state_directory_that_others_may_read_is_closed(
    places: Places, etc: Path, mode: int
) -> None:
    make_private(places.state)
    places.state.chmod(mode)
    seals = make_seals(places.key)
    assert places.state.stat().st_mode & 0o777 == 0o700
    places.key.chmod(0o644)
    places.state.chmod(mode)
    assert make_seals(places.key) == seals
    assert places.key.stat().st_mode & 0o777 == 0o600
    places.state.chmod(mode)
    run = prepared(places, writes(etc))
    places.state.chmod(mode)
    assert work(places, run) == 0
    assert places.state.stat().st_mode & 0o777 == 0o700, "and by the worker too"


def test_the_key_is_shown_nowhere(places: Places) -> None:
    seals = make_seals(places.key)
    assert repr(seals.key)[2:-1] not in repr(seals)
    assert seals.name not in seals.key.hex()


@pytest.mark.parametrize(
    "text", ["missing", "link:../x", "file:00", "active", "", "file:", "hmac:x", "0" * 63]
)
def test_what_is_no_hash_is_as_it_was(text: str) -> None:
    assert Seals(b"k" * KEY_BYTES).keyed(text) == text


def test_a_wrong_password_is_still_stale(places: Places, etc: Path, tmp_path: Path) -> None:
    password = tmp_path / "relay.password"
    password.write_bytes(b"hunter3\n")
    password.chmod(0o600)
    key = Key("(password)", sha256(b"hunter3"), str(password))
    marked = NEW.replace(b"hunter3", b"(password)")
    path = etc / "sasl_passwd"
    file = NewFile(str(path), marked, sha256(SECRET), 0o600, keys=(key,), opened=sha256(NEW))
    run = prepared(places, plan(("sasl_passwd", ReplaceFile(file))))
    password.write_bytes(b"another\n")
    assert work(places, run) == 1
    assert "not the password that the plan was made with" in last(places, run).message
    password.write_bytes(b"hunter3\n")
    assert work(places, run) == 0
    assert path.read_bytes() == NEW
    assert issubclass(Stale, Trouble)
