"""draft.json: private, whole, one draft for each user, and whatever else is there is refused in words."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wizard.answers.form import Text
from wizard.drafts.store import (
    ASIDE,
    MAX_BYTES,
    VERSION,
    DraftStore,
    Found,
    OtherWizardTrouble,
    login_of,
    process_of,
    this_process,
)
from wizard.drafts.stored import StoredDraft, when
from wizard.errors import Trouble
from wizard.run.caller import Caller
from wizard.run.paths import Places

MINE, OTHERS = "12-345", "99-1"
KEPT = StoredDraft(
    1000.0,
    MINE,
    "",
    {"hostname": {"myhostname": "mail"}, "domains": {"local": ("a.example", "b b")}},
    {"networks": {"mynetworks": "10.0."}},
    {"hostname": "0" * 16},
    ("hostname",),
    ("limits",),
    policy=True,
)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(state=tmp_path / "state", runtime=tmp_path / "run")


def store(places: Places, login: str = "taro", writer: str = MINE) -> DraftStore:
    return DraftStore(places, login, writer)


def test_what_is_kept_is_read_again_and_is_root_s_alone(places: Places) -> None:
    assert store(places).read() == Found()
    assert not places.state.exists(), "a look makes nothing"
    store(places).keep(KEPT)
    assert store(places).read() == Found(KEPT)
    assert stat.S_IMODE(places.draft.stat().st_mode) == 0o600
    assert stat.S_IMODE(places.state.stat().st_mode) == 0o700
    before = places.draft.stat()
    store(places).keep(KEPT)
    assert places.draft.stat() == before, "what is so already is not written again"
    assert [one.name for one in places.state.iterdir()] == ["draft.json"]


def test_each_user_has_a_draft_and_the_last_one_takes_the_file_away(places: Places) -> None:
    store(places).keep(KEPT)
    store(places, "hana", OTHERS).keep(replace(KEPT, at=2000.0))
    assert store(places).read().draft == KEPT
    assert store(places, "hana").read().draft == replace(KEPT, at=2000.0, writer=OTHERS)
    store(places).drop()
    assert store(places).read() == Found()
    assert store(places, "hana").read().draft is not None
    store(places, "hana", OTHERS).drop()
    assert list(places.state.iterdir()) == []


def test_another_wizard_of_the_same_user_is_never_overwritten(places: Places) -> None:
    store(places).keep(KEPT)
    second = store(places, writer=OTHERS)
    with pytest.raises(OtherWizardTrouble, match="another wizard"):
        second.keep(replace(KEPT, at=2000.0))
    second.drop()
    assert store(places).read().draft == KEPT
    # Continuing it is a decision of the operator; then the first one has no say any more.
    second.keep(replace(KEPT, at=2000.0), replaces=MINE)
    assert store(places).read().draft == replace(KEPT, at=2000.0, writer=OTHERS)
    with pytest.raises(OtherWizardTrouble):
        store(places).keep(KEPT)


def test_the_answers_of_a_run_are_not_called_those_of_another_wizard(places: Places) -> None:
    """The operator's connection broke during the run, and they type in the forms of a new login."""
    store(places, writer="1-1").keep(replace(KEPT, run="20251124-031500-1"))
    with pytest.raises(OtherWizardTrouble, match="the answers of run 20251124-031500-1 are in"):
        store(places).keep(KEPT)


@pytest.mark.parametrize(("sections", "left"), [((), None), (("hostname",), {"domains"})])
def test_what_a_run_has_done_is_no_draft_any_more(
    places: Places, sections: tuple[str, ...], left: Any
) -> None:
    run = "20261124-034502-1"
    store(places).keep(replace(KEPT, run=run))
    store(places).settle("20261124-034502-2", ())
    assert store(places).read().draft == replace(KEPT, run=run)
    store(places).settle(run, sections)
    found = store(places).read().draft
    assert (None if found is None else set(found.texts)) == left


def whole(**changes: object) -> str:
    return json.dumps({"version": VERSION, "drafts": {"taro": KEPT.as_plain() | changes}})


FOREIGN_FILES = {
    "empty": "",
    "cut off": whole()[:-5],
    "null": "null",
    "a list": "[]",
    "nested": "[" * 60000,
    "no version": '{"drafts": {}}',
    "an older version": '{"version": 0, "drafts": {}}',
    "true": '{"version": true, "drafts": {}}',
    "no drafts": '{"version": 1, "drafts": []}',
    "a number that takes minutes": '{"version": ' + "1" * 1_000_000 + "}",
    "huge": " " * (MAX_BYTES + 1),
    "no UTF-8": "\udcff",
}


@pytest.mark.parametrize("text", FOREIGN_FILES.values(), ids=FOREIGN_FILES)
def test_a_file_that_is_none_of_ours_is_set_aside(places: Places, text: str) -> None:
    places.state.mkdir(0o700)
    data = text.encode("utf-8", "surrogateescape")
    places.draft.write_bytes(data)
    places.draft.chmod(0o600)
    found = store(places).read()
    assert found.draft is None
    assert found.warning.isprintable()
    assert found.warning.startswith(f"The saved answers in {places.draft} are not used: ")
    assert places.draft.read_bytes() == data, "a look changes nothing"
    store(places).keep(KEPT)
    assert store(places).read() == Found(KEPT)
    assert places.draft.with_name(f"draft.json{ASIDE}").read_bytes() == data


FOREIGN_DRAFTS: dict[str, dict[str, object]] = {
    "a time as text": {"at": "\x1b[31mnow"},
    "a time before all": {"at": -1},
    "no number": {"at": float("nan")},
    "true": {"at": True},
    "a later century": {"at": 1e300},
    "a writer that is none": {"writer": "\x1b[2J"},
    "a run that is a path": {"run": "../../etc"},
    "texts in a list": {"texts": []},
    "a section that is a control sequence": {"texts": {"\x1b]0;pwned\x07": {}}},
    "a field that is a number": {"texts": {"hostname": {"myhostname": 7}}},
    "a list of numbers": {"texts": {"domains": {"local": [7]}}},
    "a lone surrogate": {"texts": {"hostname": {"myhostname": "\ud800"}}},
    "a list below a list": {"unfinished": {"domains": {"local": ["a"]}}},
    "a digest that is none": {"base": {"hostname": "x"}},
    "sections that are none": {"seen": [7]},
    "again that is a text": {"again": "limits"},
    "a choice that is none": {"policy": 1},
}


@pytest.mark.parametrize("changes", FOREIGN_DRAFTS.values(), ids=FOREIGN_DRAFTS)
def test_a_damaged_draft_is_refused_in_words_and_spares_the_others(
    places: Places, changes: dict[str, object]
) -> None:
    store(places, "hana", OTHERS).keep(KEPT)
    data = json.loads(places.draft.read_text())
    data["drafts"]["taro"] = KEPT.as_plain() | changes
    places.draft.write_text(json.dumps(data))
    found = store(places).read()
    assert found.draft is None
    assert found.warning.isprintable()
    assert "are not used: its " in found.warning
    store(places).keep(KEPT)
    assert store(places).read() == Found(KEPT)
    assert store(places, "hana").read().draft is not None


def test_links_and_files_of_others_are_not_read(places: Places, tmp_path: Path) -> None:
    store(places).keep(KEPT)
    data = places.draft.read_bytes()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(data)
    elsewhere.chmod(0o600)
    plants: tuple[Callable[[], object], ...] = (
        lambda: places.draft.symlink_to(elsewhere),
        lambda: os.link(elsewhere, places.draft),
        lambda: os.mkfifo(places.draft, 0o600),
        lambda: places.draft.touch(0o644),
    )
    for plant in plants:
        places.draft.unlink()
        plant()
        found = store(places).read()
        assert found.draft is None
        assert found.warning
        store(places).keep(KEPT)
        assert store(places).read() == Found(KEPT)
        assert elsewhere.read_bytes() == data
        places.draft.with_name(f"draft.json{ASIDE}").unlink()


def test_a_newer_version_s_file_stays_as_it_is(places: Places) -> None:
    places.state.mkdir(0o700)
    text = json.dumps({"version": VERSION + 1, "drafts": {}})
    places.draft.write_text(text)
    places.draft.chmod(0o600)
    assert "a newer version of this program wrote it" in store(places).read().warning
    with pytest.raises(Trouble, match="newer version"):
        store(places).keep(KEPT)
    assert places.draft.read_text() == text


CANARY = "canarycanarycanarycanary26"


def test_no_secret_is_in_it(places: Places) -> None:
    zone = f"{CANARY}.zen.dq.spamhaus.net"
    texts: dict[str, dict[str, Text]] = {
        "blocklists": {"custom": (zone, "bl.example"), "dqs_key_file": CANARY},
        "relay": {"password_file": CANARY, "host": zone},
        "certificate": {"key_file": f"-----BEGIN PRIVATE KEY-----{CANARY}"},
        "hostname": {"myhostname": zone},
    }
    typed = {"blocklists": {"custom": f"{CANARY}.zen.dq.spamh"}, "domains": {"local": zone}}
    store(places).keep(replace(KEPT, texts=texts, unfinished=typed))
    assert CANARY not in places.draft.read_text()
    found = store(places).read().draft
    assert found is not None
    assert found.texts["blocklists"] == {"custom": ("(key).zen.dq.spamhaus.net", "bl.example")}
    paths: dict[str, dict[str, Text]] = {
        "relay": {"password_file": "/etc/postfix-wizard/relay.password"}
    }
    store(places).keep(replace(KEPT, texts=paths))
    assert store(places).read().draft == replace(KEPT, texts=paths), "a path is no secret"


def test_bytes_that_are_no_text_do_not_spoil_the_rest(places: Places) -> None:
    store(places).keep(replace(KEPT, texts={"hostname": {"myhostname": "a\udcffb"}}))
    found = store(places).read().draft
    assert found is not None
    assert found.texts == {"hostname": {"myhostname": "a?b"}}


def test_the_user_behind_sudo_has_the_draft() -> None:
    assert login_of(Caller(1000, "taro", "root", "", "")) == "taro"
    assert login_of(Caller(None, "", "hana")) == "hana"
    assert login_of(Caller(1005)) == "uid 1005"
    assert login_of(Caller()) == "root"


def test_a_writer_that_has_ended_is_not_open() -> None:
    assert process_of(this_process()) == 0, "this one is no other"
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    writer = f"{child.pid}-{start}"
    assert process_of(writer) == child.pid
    assert process_of(f"{child.pid}-{int(start) + 1}") == 0, "its number is another's by now"
    child.communicate(b"\n")
    assert process_of(writer) == 0
    assert process_of("") == 0


NOON = 1_764_504_000.0  # 2025-11-30 12:00 UTC


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (NOON, "12:00 (less than a minute ago)"),
        (NOON - 30, "12:00 (less than a minute ago)"),
        (NOON + 90, "12:00 (1 minute ago)"),
        (NOON + 7200, "12:00 (2 hours ago)"),
        (NOON + 86400 * 3, "2025-11-30 12:00 (3 days ago)"),
        (NOON - 3600, "12:00 (this host's clock was set back since)"),
        (0.0, "2025-11-30 12:00 (this host's clock was set back since)"),
    ],
)
def test_the_age_is_never_negative(monkeypatch: pytest.MonkeyPatch, now: float, said: str) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert when(NOON, now) == said
