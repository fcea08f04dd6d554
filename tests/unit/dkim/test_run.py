"""The step that makes a key: what is there afterwards, and what is not read anywhere."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.run.runs import last, plan, prepared
from wizard.dns import key_records
from wizard.dns.key_record import MISSING, RIGHT, UNKNOWN, WRONG, KeyRecord
from wizard.errors import Trouble
from wizard.finding import RIGHT as OBSERVED
from wizard.finding import UNKNOWN as NOT_KNOWN
from wizard.finding import WARNING as WARNED
from wizard.finding import WRONG as BAD
from wizard.plan.actions import AskRecords, MakeKey, ProveSignatures, SetMember, TurnSigner
from wizard.run.actions import signature, signing
from wizard.run.files import MARK
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")
USER = "nobody"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        tmp_path / "state", tmp_path / "run", tmp_path / "etc" / "answers.toml", tmp_path / "log"
    )


def texts_below(directory: Path) -> bytes:
    return b"".join(one.read_bytes() for one in directory.rglob("*") if one.is_file())


def test_a_key_is_made_once_and_stays(places: Places, tmp_path: Path) -> None:
    path = tmp_path / "keys/a.example/s1.private"
    making = plan(("dkim-key-a.example", MakeKey(str(path), 2048, USER)))
    run = prepared(places, making)
    assert work(places, run) == 0
    status = path.stat()
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert path.owner() == USER
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750
    assert path.parent.stat().st_uid == 0
    assert [one.name for one in path.parent.iterdir()] == ["s1.private"]
    text = path.read_bytes()
    subprocess.run(["openssl", "pkey", "-in", path, "-noout"], check=True)
    # No line of the key is in the journal, the plan or the output.
    for line in text.splitlines()[1:-1]:
        assert line not in texts_below(tmp_path / "state")
    assert b"PRIVATE KEY" not in texts_below(tmp_path / "state")

    assert work(places, prepared(places, making)) == 0
    assert path.read_bytes() == text
    with pytest.raises(Trouble, match="changed nothing that undo takes back"):
        undo_plan(places, run)


@pytest.mark.parametrize(
    ("mode", "is_used"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False)]
)
def test_a_key_that_others_read_is_not_used(
    places: Places, tmp_path: Path, mode: int, is_used: bool
) -> None:
    path = tmp_path / "s1.private"
    path.write_bytes(b"a key")
    shutil.chown(path, USER)
    path.chmod(mode)
    making = plan(("dkim-key-a.example", MakeKey(str(path), 2048, USER)))
    assert (work(places, prepared(places, making)) == 0) is is_used
    assert path.read_bytes() == b"a key"


def test_a_key_of_another_user_is_not_used(places: Places, tmp_path: Path) -> None:
    path = tmp_path / "s1.private"
    path.write_bytes(b"a key")
    path.chmod(0o600)
    making = plan(("dkim-key-a.example", MakeKey(str(path), 2048, USER)))
    assert work(places, prepared(places, making)) != 0


def test_a_user_that_is_missing_is_named(places: Places, tmp_path: Path) -> None:
    making = plan(("dkim-key-a", MakeKey(str(tmp_path / "s"), 2048, "no-such-user")))
    assert work(places, prepared(places, making)) != 0
    assert b"there is no user no-such-user" in texts_below(tmp_path / "state")
    assert not (tmp_path / "s").exists()


def test_an_openssl_that_fails_leaves_nothing(places: Places, tmp_path: Path) -> None:
    path = tmp_path / "s1.private"
    making = plan(("dkim-key-a", MakeKey(str(path), -1, USER)))
    assert work(places, prepared(places, making)) != 0
    assert [one.name for one in tmp_path.iterdir() if "s1" in one.name] == []


@pytest.mark.parametrize("written", ["", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAK"])
def test_a_key_that_a_full_disk_cut_off_is_not_put_in_place(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """openssl ends with 0 then."""
    path = tmp_path / "s1.private"
    monkeypatch.setattr(
        signing, "_genrsa", lambda path, _: ("sh", "-c", f"printf -- '{written}' >{path}")
    )
    making = plan(("dkim-key-a", MakeKey(str(path), 2048, USER)))
    assert work(places, prepared(places, making)) != 0
    assert b"Is the disk full?" in texts_below(tmp_path / "state")
    assert [one.name for one in tmp_path.iterdir() if "s1" in one.name] == []


def test_what_a_killed_worker_left_is_removed(places: Places, tmp_path: Path) -> None:
    path = tmp_path / "s1.private"
    rest = tmp_path / f".{path.name}{MARK}0123456789abcdef"
    rest.write_bytes(b"half a key")
    making = plan(("dkim-key-a", MakeKey(str(path), 2048, USER)))
    assert work(places, prepared(places, making)) == 0
    assert not rest.exists()
    assert path.read_bytes().startswith(b"-----BEGIN")


@pytest.mark.parametrize("is_member", [True, False])
def test_a_membership_is_made_once_and_undone(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_member: bool
) -> None:
    """usermod(8) and gpasswd(1) are doubles that write down what they were called with."""
    said = tmp_path / "said"
    monkeypatch.setattr(signing, "_is_member", lambda _user, _group: not is_member)
    monkeypatch.setattr(
        signing, "membership_argv", lambda one: ("sh", "-c", f"echo {one.is_member} >>{said}")
    )
    action = SetMember("postfix", "opendkim", is_member)
    assert work(places, prepared(places, plan(("dkim-member", action)))) == 0
    assert said.read_text() == f"{is_member}\n"
    monkeypatch.setattr(signing, "_is_member", lambda _user, _group: is_member)
    assert work(places, prepared(places, plan(("dkim-member", action)))) == 0
    assert said.read_text() == f"{is_member}\n"


def test_the_servers_are_asked_again_before_anything_changes(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, name = tmp_path / "s1.private", "s1._domainkey.a.example"
    path.write_bytes(
        subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout
    )
    states = {RIGHT: (0, 0), WRONG: (1, 1), MISSING: (1, 1), UNKNOWN: (1, 0)}
    for state, expected in states.items():
        record = {name: KeyRecord(state, "ns.a.example")}
        monkeypatch.setattr(key_records, "published", lambda *_, found=record, **__: found)
        for accepts, code in zip((False, True), expected):
            asking = plan(("dkim-records", AskRecords(((name, str(path)),), accepts)))
            assert (work(places, prepared(places, asking)) != 0) is bool(code), (state, accepts)
    path.unlink()
    asking = plan(("dkim-records", AskRecords(((name, str(path)),), accepts_silence=True)))
    assert work(places, prepared(places, asking)) != 0


OTHER = "s1._domainkey.b.example"
JUDGED = {
    "all is right": (True, "", RIGHT, OBSERVED, "published at ns"),
    "not signed": (True, "it has no signature", RIGHT, BAD, "it has no signature"),
    "not read": (False, "postfix is inactive", RIGHT, NOT_KNOWN, "postfix is inactive"),
    "nobody answers": (True, "", UNKNOWN, NOT_KNOWN, "not known whether it is published: ns"),
    "another record": (True, "", WRONG, WARNED, "its record is not right: ns"),
    "no record": (True, "", MISSING, WARNED, "its record is not right: ns"),
}


@pytest.mark.parametrize(
    ("is_read", "why", "state", "verdict", "seen"), JUDGED.values(), ids=JUDGED
)
def test_what_a_message_that_was_sent_shows(
    is_read: bool, why: str, state: str, verdict: str, seen: str
) -> None:
    found = signature.judge(OTHER, is_read, why, KeyRecord(state, "ns"))
    assert (found.id, found.verdict) == ("dkim.signature", verdict)
    assert seen in found.seen
    assert verdict == OBSERVED or found.advice
    assert verdict != NOT_KNOWN or "Send a message from b.example" in found.advice
    begins = signature.judge(OTHER, is_read, why, KeyRecord(state, "ns"), begins=True)
    assert begins.verdict == (BAD if verdict == WARNED else verdict)


def test_a_signature_that_is_not_right_fails_the_run_and_one_that_is_not_seen_does_not(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = {OTHER: KeyRecord(RIGHT, "ns.b.example")}
    monkeypatch.setattr(signature, "published_now", lambda _: ({OTHER: "AAAA"}, record))
    proof = plan(("dkim-signature", ProveSignatures(((OTHER, "/no/key"),))))
    monkeypatch.setattr(signature, "_AGAIN_SECONDS", 0.01)
    for copy, fails in (
        (signature.Copy(b"From: a@b.example\n\nnot signed\n"), True),
        (signature.Copy(why="the queue cannot be read"), False),
    ):
        tries: list[str] = []
        monkeypatch.setattr(
            signature, "send", lambda domain, *_, one=copy, all_=tries: all_.append(domain) or one
        )
        code = work(places, prepared(places, proof))
        assert (code != 0) is fails
        # A program that began before the reload may have taken the first one.
        assert (len(tries) > 1) is fails


def test_a_message_that_is_not_seen_fails_the_run_if_the_signer_is_dead(
    places: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Postfix has the signer by then, so mail of this host would wait."""
    record = {OTHER: KeyRecord(RIGHT, "ns.b.example")}
    monkeypatch.setattr(signature, "published_now", lambda _: ({OTHER: "AAAA"}, record))
    monkeypatch.setattr(signature, "send", lambda *_: signature.Copy(why="it was not seen"))
    start = TurnSigner("restart", "opendkim", "active", (str(tmp_path / "none.sock"),))
    steps = plan(
        ("dkim-signature", ProveSignatures(((OTHER, "/no/key"),))), ("dkim-service", start)
    )
    steps = replace(steps, steps=(steps.steps[0], replace(steps.steps[1], done=True)))
    run = prepared(places, steps)
    assert work(places, run) != 0
    assert "there is no socket" in last(places, run).message
