"""A list with a key in its zone: in main.cf in the end, and in nothing that tells of it."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import FRESH
from tests.unit.run.runs import last, prepared, told
from tests.unit.run.runs import plan as small_plan
from wizard.answers.model import Answers
from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist
from wizard.door import Door
from wizard.host.facts import Host, Secret
from wizard.host.secret_file import DQS_KEY, read_secret
from wizard.paths import MAIN_CF
from wizard.plan import report
from wizard.plan.actions import ReplaceFile, StagedCheck
from wizard.plan.files import sha256
from wizard.plan.model import Plan
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.run.path_state import Stale
from wizard.run.paths import Places
from wizard.run.seals import Seals
from wizard.run.unseal import open_file
from wizard.run.worker import work
from wizard.secrets import marks, opened, seal

pytestmark = pytest.mark.promise(24)

KEY, OTHER = "canary0canary0canary0canar", "older0older0older0older0ol"
LISTS = Blocklists(use=("spamhaus-dqs-zen", "spamhaus-dqs-dbl"))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "state", tmp_path / "run", tmp_path / "etc" / "answers.toml")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "dqs.key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


def keyed(answers: Answers, key_file: Path, host: Host = FRESH) -> tuple[Answers, Host]:
    lists = replace(LISTS, dqs_key_file=str(key_file))
    key = read_secret(Door(), str(key_file), DQS_KEY)
    return replace(answers, blocklists=lists), replace(host, dqs_key=key)


def main_of(plan: Plan) -> ReplaceFile:
    (action,) = (one.action for one in plan.steps if one.id == "main.cf")
    assert isinstance(action, ReplaceFile)
    return action


def test_the_key_is_in_the_file_and_in_nothing_else(answers: Answers, key_file: Path) -> None:
    plan = build_plan(*keyed(answers, key_file))
    assert not plan.obstacles
    kept = plan_to_bytes(plan)
    shown = "\n".join(line for change in plan.files for line in report.file_diff(change))
    for text in (kept.decode(), repr(plan), json.dumps(report.as_json(plan)), shown):
        assert KEY not in text
    assert "+    reject_rbl_client (key).zen.dq.spamhaus.net=127.0.0.[2..11]," in shown
    assert any("every user of this host can read the key" in one for one in plan.warnings)

    file = main_of(plan_from_bytes(kept)).file
    written = open_file(file, Seals()).text
    assert sha256(written) == file.opened
    assert written.count(KEY.encode()) == 4
    assert b"(key)" not in written
    assert KEY not in repr(keyed(answers, key_file)[1])


def applied(host: Host, text: bytes) -> Host:
    package = host.postfix.package
    assert package is not None
    postfix = replace(host.postfix, package=replace(package, candidate=False))
    return replace(host, postfix=postfix).with_file(MAIN_CF, live=text, from_package=False)


def test_twice_is_once_and_a_new_key_is_written(answers: Answers, key_file: Path) -> None:
    wanted, host = keyed(answers, key_file)
    first = open_file(main_of(build_plan(wanted, host)).file, Seals()).text
    again = build_plan(wanted, applied(host, first))
    assert next(one for one in again.steps if one.id == "main.cf").done
    assert KEY.encode() not in plan_to_bytes(again)

    rotated = applied(host, first.replace(KEY.encode(), OTHER.encode()))
    plan = build_plan(wanted, rotated)
    data = plan_to_bytes(plan)
    assert OTHER.encode() not in data
    assert KEY.encode() not in data
    assert open_file(main_of(plan).file, Seals()).text == first
    assert not any("taken out" in one for one in plan.warnings)
    change = next(one for one in plan.files if one.path.endswith("main.cf"))
    assert change.live != change.proposed


@pytest.mark.parametrize("old", [OTHER, OTHER.upper(), KEY.upper()])
def test_a_section_run_writes_a_new_key_and_nothing_else(
    answers: Answers, key_file: Path, old: str
) -> None:
    wanted, host = keyed(answers, key_file)
    first = open_file(main_of(build_plan(wanted, host)).file, Seals()).text
    rotated = applied(host, first.replace(KEY.encode(), old.encode()))
    today = read_back(rotated)
    assert today is not None
    # The answers are those of today: what is new is in the key file.
    plan = build_plan(today, rotated, ("blocklists",))
    assert open_file(main_of(plan).file, Seals()).text == first


def test_what_stands_there_reads_back_without_its_key(answers: Answers, key_file: Path) -> None:
    wanted, host = keyed(answers, key_file)
    text = open_file(main_of(build_plan(wanted, host)).file, Seals()).text
    today = read_back(applied(host, text))
    assert today is not None
    assert today.blocklists.use == LISTS.use
    assert today.blocklists.custom == ()


def test_another_section_needs_no_key_file_and_loses_no_key(
    answers: Answers,
    key_file: Path,
    tmp_path: Path,
) -> None:
    wanted, host = keyed(answers, key_file)
    live = tmp_path / "main.cf"
    live.write_bytes(open_file(main_of(build_plan(wanted, host)).file, Seals()).text)
    there = applied(host, live.read_bytes())
    there = replace(there, dqs_key=Secret()).with_file(MAIN_CF, path=str(live))
    today = read_back(there)
    assert today is not None
    bigger = replace(today, limits=replace(today.limits, message_size_limit=20480000))
    plan = build_plan(bigger, there, ("limits",))
    assert not [one for one in plan.obstacles if one.name == "dqs_key_file"]
    assert KEY.encode() not in plan_to_bytes(plan)
    written = open_file(main_of(plan).file, Seals()).text
    assert written == live.read_bytes().replace(b"10485760", b"20480000")
    live.write_bytes(b"no key any more\n")
    with pytest.raises(Stale, match="not the key that the plan was made with"):
        open_file(main_of(plan).file, Seals())


def test_a_worker_writes_it_and_no_record_tells_it(
    answers: Answers,
    key_file: Path,
    tmp_path: Path,
    places: Places,
) -> None:
    etc = tmp_path / "main.cf"
    etc.write_bytes(FRESH.text(MAIN_CF))
    wanted, host = keyed(answers, key_file)
    host = host.with_file(MAIN_CF, path=str(etc))
    plan = small_plan(("main.cf", main_of(build_plan(wanted, host))))
    run = prepared(places, plan)
    assert work(places, run) == 0, last(places, run)
    assert etc.read_bytes().count(KEY.encode()) == 4
    assert KEY not in repr(told(places, run))
    holding = [
        path
        for path in places.state.rglob("*")
        if path.is_file() and KEY.encode() in path.read_bytes()
    ]
    assert holding == []

    key_file.write_text(f"{OTHER}\n")
    etc.write_bytes(FRESH.text(MAIN_CF))
    second = prepared(places, plan)
    assert work(places, second) == 1
    assert "not the key that the plan was made with" in last(places, second).message
    assert etc.read_bytes() == FRESH.files[MAIN_CF].live


def test_without_a_key_it_is_an_obstacle(answers: Answers, tmp_path: Path) -> None:
    plan = build_plan(*keyed(answers, tmp_path / "none"))
    (problem,) = [one for one in plan.obstacles if one.name == "dqs_key_file"]
    assert "is not there" in problem.message
    assert "chmod 600" in problem.message


def test_what_postconf_is_to_read_is_told_without_the_key(answers: Answers, key_file: Path) -> None:
    plan = build_plan(*keyed(answers, key_file))
    (staged,) = (one.action for one in plan.steps if isinstance(one.action, StagedCheck))
    value = dict(staged.expected)["smtpd_recipient_restrictions"]
    assert "(key).zen.dq.spamhaus.net" in value


@pytest.mark.parametrize(
    ("data", "mode", "wrong"),
    [
        (b"", 0o600, "holds no key"),
        (b"\n", 0o600, "holds no key"),
        (KEY.encode() + b"\n\n", 0o600, "holds no key"),
        (KEY.encode() + b"\nsecond\n", 0o600, "holds no key"),
        (KEY.encode() + b"\r\n", 0o600, "holds no key"),
        (b"\x1b[31m" + KEY.encode(), 0o600, "holds no key"),
        (KEY.encode() + b".evil.example", 0o600, "holds no key"),
        (b"-" + KEY.encode(), 0o600, "holds no key"),
        (b"short", 0o600, "holds no key"),
        (b"x" * 64, 0o600, "holds no key"),
        (b"a" * 1_000_000, 0o600, "larger than 1024 bytes"),
        (KEY.encode(), 0o640, "used by others than root (mode 0640)"),
        (KEY.encode(), 0o604, "used by others than root (mode 0604)"),
        (KEY.encode(), 0o620, "used by others than root (mode 0620)"),
    ],
)
def test_a_bad_key_file(tmp_path: Path, data: bytes, mode: int, wrong: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(data)
    path.chmod(mode)
    told_of = read_secret(Door(), str(path), DQS_KEY)
    assert told_of.text == ""
    assert wrong in told_of.problem
    assert told_of.problem.isprintable()
    assert KEY not in told_of.problem


def test_what_is_no_file_is_not_read(tmp_path: Path, key_file: Path) -> None:
    link, fifo = tmp_path / "link", tmp_path / "fifo"
    link.symlink_to(key_file)
    os.mkfifo(fifo, 0o600)
    for path in (link, fifo, tmp_path, tmp_path / "key" / "x", Path("/dev/zero")):
        assert read_secret(Door(), str(path), DQS_KEY).text == ""
    assert "no regular file" in read_secret(Door(), str(fifo), DQS_KEY).problem
    assert "a link is none" in read_secret(Door(), str(link), DQS_KEY).problem
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    os.chown(key_file, 65534, 65534)
    assert "is not root's" in read_secret(Door(), str(key_file), DQS_KEY).problem


def test_keys_are_sealed_each_by_its_own_mark() -> None:
    text = f"a {KEY}.zen.dq.spamhaus.net b {OTHER}.dbl.dq.spamhaus.net {KEY}.dbl.dq.spamhaus.net"
    for known in ("", KEY, OTHER, "another0another0another0"):
        sealed = seal(text.encode(), known)
        assert KEY.encode() not in sealed.text
        assert OTHER.encode() not in sealed.text
        assert len(marks(sealed.text)) == 2
        assert opened(sealed.text, sealed.keys).decode() == text
        assert KEY not in repr(sealed)


ODD = {
    "a mark that was copied from a diff": b"# reject_rbl_client (key).zen.dq.spamhaus.net\n",
    "a numbered one": b"# (key2).zen.dq.spamhaus.net=127.0.0.2 (key2)\n",
    "Postfix's own form of a parameter": b"x = $(key).zen.dq.spamhaus.net\n",
    "a word of prose": b"# the (key) is in its own file\n",
    "a zone below a zone": b"# x.zen.dq.spamhaus.net.zen.dq.spamhaus.net\n",
}


@pytest.mark.promise(13)
@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("beside", [b"", f"y = {OTHER}.zen.dq.spamhaus.net\n".encode()])
def test_what_looks_like_a_mark_is_not_opened(
    answers: Answers, key_file: Path, tmp_path: Path, case: str, beside: bytes
) -> None:
    """Else a run would write the key into a comment, where nothing masks it any more."""
    for known in ("", KEY):
        sealed = seal(ODD[case] + beside, known)
        assert opened(sealed.text, sealed.keys) == ODD[case] + beside
    wanted, host = keyed(answers, key_file)
    live = tmp_path / "main.cf"
    live.write_bytes(ODD[case] + beside + host.text(MAIN_CF))
    there = replace(applied(host, live.read_bytes()))
    there = there.with_file(MAIN_CF, path=str(live))
    file = open_file(main_of(build_plan(wanted, there)).file, Seals())
    assert file.text.startswith(ODD[case] + beside)
    assert file.text.count(KEY.encode()) == 4


def test_a_zone_that_the_answers_spell_out_stays() -> None:
    zone = f"{KEY}.combined.mail.abusix.zone"
    sealed = seal(f"reject_rbl_client {zone}".encode(), "", zone)
    assert sealed.text == f"reject_rbl_client {zone}".encode()
    assert CustomBlocklist(zone).zone == zone
