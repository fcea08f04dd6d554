"""Hand edits on a real host: a conflict stops a run, and is kept or written over by choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.host import Host
from tests.lab.login import CLEAR, DOWN, NEXT, Login
from tests.lab.program import ANSWERS, PENDING, PYZ, USAGE, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

OURS = b"message_size_limit = 10485760\n"
MINE = b"message_size_limit = 20000000\n"
FOREIGN = b"# a note of mine: \xff\nbiff = no\n"
LIMITS = "\n[limits]\ndefault_process_limit = 40\n"


def main_cf(host: Host) -> Path:
    return host.root / "etc/postfix/main.cf"


def edit(host: Host) -> bytes:
    """Change a planned parameter and a foreign one by hand; return the whole file."""
    at = main_cf(host)
    text = at.read_bytes()
    assert OURS in text
    at.write_bytes(text.replace(OURS, MINE) + FOREIGN)
    return at.read_bytes()


def plan_of(host: Host, *words: str) -> tuple[int, dict[str, Any]]:
    code, said = wizard(host, "plan", "--json", *words)
    assert said.startswith("{"), said
    found: dict[str, Any] = json.loads(said)
    return code, found


def limits(host: Host, *words: str) -> tuple[int, str]:
    return apply(host, "--section", "limits", *words)


@pytest.fixture
def edited(request: pytest.FixtureRequest, boot_host: BootHost) -> Host:
    """A host that a run has set up, with answers that change another limit."""
    host = boot_host(pyz=PYZ, suite=request.param)
    host.write(ANSWERS, ZEKE, 0o600)
    code, said = apply(host)
    assert code == 0, said
    host.write(ANSWERS, ZEKE + LIMITS, 0o600)
    return host


BOTH = pytest.mark.parametrize("edited", ["el9", "el10"], indirect=True)


@BOTH
@pytest.mark.promise(17)
def test_a_conflict_stops_a_run_and_what_is_kept_stays(edited: Host) -> None:
    """The other limit goes on; status, a whole plan and the undo know what was kept."""
    host = edited
    by_hand = edit(host)
    before = state(host)
    code, said = limits(host)
    assert code == 1, said
    for words in ("message_size_limit", "10485760", "20000000", "--keep-mine", "--take-planned"):
        assert words in said
    assert limits(host, "--keep-mine", "--take-planned")[0] == USAGE
    code, plan = plan_of(host, "--answers", ANSWERS, "--section", "limits")
    assert code == PENDING
    found = {one["name"]: (one["conflict"], one["choice"]) for one in plan["hand_edits"]}
    assert found == {"message_size_limit": (True, ""), "biff": (False, "")}
    assert state(host) == before

    code, said = limits(host, "--keep-mine")
    assert code == 0, said
    wanted = by_hand.replace(b"default_process_limit = 50\n", b"default_process_limit = 40\n")
    assert wanted != by_hand
    assert main_cf(host).read_bytes() == wanted
    assert wizard(host, "status")[0] == 0
    code, said = wizard(host, "check")
    assert "20000000 instead" not in said
    code, plan = plan_of(host)
    assert (code, plan["pending"]) == (0, 0), plan
    # It is the operator's still, for whoever brings the old value again.
    code, said = limits(host)
    assert code == 1, said
    assert "as a run left it:  10485760" in said

    assert wizard(host, "undo", "--yes")[0] == 0
    assert main_cf(host).read_bytes() == by_hand


@BOTH
@pytest.mark.promise(17)
def test_what_is_planned_is_written_over_it_by_choice(edited: Host) -> None:
    """And nothing but it: the foreign lines stay."""
    host = edited
    by_hand = edit(host)
    code, said = limits(host, "--take-planned")
    assert code == 0, said
    wanted = by_hand.replace(MINE, OURS)
    wanted = wanted.replace(b"default_process_limit = 50\n", b"default_process_limit = 40\n")
    assert main_cf(host).read_bytes() == wanted
    code, plan = plan_of(host)
    assert code == 0
    assert [(one["name"], one["conflict"]) for one in plan["hand_edits"]] == [("biff", False)]


@pytest.mark.parametrize("edited", ["el9"], indirect=True)
def test_an_option_in_master_cf_that_is_kept_fails_no_run(edited: Host) -> None:
    """The proof tells it as a warning."""
    host = edited
    at = host.root / "etc/postfix/master.cf"
    text = at.read_bytes()
    by_hand = text.replace(b"smtpd_tls_security_level=encrypt", b"smtpd_tls_security_level=may")
    assert by_hand != text
    at.write_bytes(by_hand)
    code, said = apply(host)
    assert code == 1
    assert "submission/inet/smtpd_tls_security_level" in said
    code, said = apply(host, "--keep-mine")
    assert code == 0, said
    assert at.read_bytes() == by_hand


@pytest.mark.parametrize("edited", ["el9"], indirect=True)
@pytest.mark.promise(17)
def test_through_the_screens(edited: Host) -> None:
    """The section alone: a new size is typed, and the hand edit stands in the way of it."""
    host = edited
    by_hand = edit(host)
    login = Login(host, "--section", "limits")
    login.see("postfix-wizard  More", "Largest message           20000000")
    login.do(DOWN * 6 + CLEAR + "30000000", "message_size_limit = 30000000")
    login.do(DOWN * 2 + CLEAR + "40", "default_process_limit = 40")
    login.do(
        NEXT,
        "First decide 1 conflict.",
        "CONFLICT, NOT DECIDED: message_size_limit",
        "as a run left it:  10485760",
        "as it stands now:  20000000",
        "as planned:        30000000",
    )
    said = "Not run: first decide 1 conflict."
    assert "Run the plan?" not in login.do("r", said, "CONFLICT, NOT DECIDED: message_size_limit")
    login.do("k", "CONFLICT, you keep yours: message_size_limit", "[x] k keeps yours")
    login.do("n", "+default_process_limit = 40", "Change 1 of ")
    login.do("h", "YOURS, and it stays: biff")
    login.run_plan("The run is over: DONE")
    assert login.leave("q") == 0
    assert login.restored
    wanted = by_hand.replace(b"default_process_limit = 50\n", b"default_process_limit = 40\n")
    assert main_cf(host).read_bytes() == wanted
    assert wizard(host, "undo", "--yes")[0] == 0
    assert main_cf(host).read_bytes() == by_hand


@pytest.mark.parametrize("edited", ["el9"], indirect=True)
def test_what_rpm_left_is_told(edited: Host) -> None:
    """rpm itself keeps the file of a package that is removed; an update's is laid by hand."""
    host = edited
    stock = (host.root / "etc/postfix/main.cf.orig").read_bytes()
    (main_cf(host).parent / "main.cf.rpmnew").write_bytes(b"# 3.5.26\n" + stock)
    before = state(host)
    code, said = wizard(host, "plan")
    assert code == 0, said
    assert "main.cf.rpmnew: the package's new file" in said
    assert "differs from /etc/postfix/main.cf.orig in 1 place, from line 1 on" in said
    assert state(host) == before
    host.run(["dnf", "-y", "remove", "postfix"], check=True)
    code, said = wizard(host, "plan")
    assert code == PENDING, said
    assert "main.cf.rpmsave: your former file" in said
    assert "Conflict" not in said
