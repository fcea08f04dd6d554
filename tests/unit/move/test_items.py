"""Each item of the move by itself: what is seen, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from wizard.answers.model import Answers
from wizard.answers.old_server import OldServer, old_server
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.move import Move
from wizard.dns.asking import FOUND, NO_RECORD, SILENT, Answer, Question, reversed_name
from wizard.move.checklist import checklist, gone, ticked
from wizard.move.items import IDS, ITEMS, items_of
from wizard.move.model import DONE, OPEN, TICKED, UNKNOWN, Checklist, Port25, SavedState, View
from wizard.move.report import lines

HERE, OLD, ELSEWHERE = "203.0.113.1", "203.0.113.80", "198.51.100.7"
HOST, DOMAIN, LOCAL = "mail.zeke.ne.jp", "zeke.ne.jp", "ace.zeke.ne.jp"
ANSWERS = Answers(Hostname(HOST, DOMAIN), Domains((LOCAL,)), move=Move("old.zeke.ne.jp"))
GREETS = Port25(greets=True, words="port 25: 220 old.zeke.ne.jp", certificate="a" * 64)
REFUSES = Port25(refuses=True, words="port 25: connection refused")
SILENCE = Port25(words="port 25: no answer within 3 s")

Zone = Mapping[tuple[str, str], tuple[tuple[str, ...], int]]
"""Records and TTL by name and type."""

BEFORE: Zone = {
    (HOST, "A"): ((OLD,), 3600),
    (DOMAIN, "A"): ((OLD,), 300),
    (LOCAL, "A"): ((OLD,), 300),
    (DOMAIN, "MX"): (("10 old.zeke.ne.jp",), 300),
    (LOCAL, "MX"): ((f"10 {HOST}",), 86400),
}
AFTER: Zone = {
    (HOST, "A"): ((HERE,), 86400),
    (DOMAIN, "A"): ((HERE,), 86400),
    (LOCAL, "A"): ((HERE,), 86400),
    (DOMAIN, "MX"): ((f"10 {HOST}", "20 old.zeke.ne.jp"), 86400),
    (LOCAL, "MX"): ((f"10 {HOST.upper()}",), 86400),
    (reversed_name(HERE), "PTR"): ((HOST,), 86400),
}


def view(zone: Zone, door: Port25 = GREETS, own: tuple[str, ...] = (HERE, "127.0.0.1")) -> View:
    """What a look would come to; all records are the zones' own servers'."""
    names = [(one, kind) for one in (HOST, DOMAIN, LOCAL) for kind in ("A", "MX")]
    records = {}
    for name, kind in (*names, (reversed_name(HERE), "PTR")):
        told, ttl = zone.get((name, kind), ((), 0))
        question = Question(name, kind)
        records[question] = Answer(question, FOUND if told else NO_RECORD, told, name, ttl)
    old = OldServer("old.zeke.ne.jp", "root@old.zeke.ne.jp")
    return View(old, ANSWERS, own, (OLD,), records, frozenset(records), door)


def seen(of: View) -> dict[str, tuple[str, str]]:
    looks = {one.id: one.probe(of, SavedState()) for one in ITEMS}
    return {name: (one.state, one.words) for name, one in looks.items()}


def state_of(found: Checklist, item: str) -> str:
    return next(row.state for row in found.rows if row.id == item)


def test_before_the_move() -> None:
    found = seen(view(BEFORE))
    assert {one: state for one, (state, _) in found.items()} == {
        "ttl": OPEN,
        "old-takes": DONE,
        "a": OPEN,
        "mx": OPEN,
        "ptr": OPEN,
        "old-queue": UNKNOWN,
        "renewals": UNKNOWN,
        "old-stopped": UNKNOWN,
    }
    assert found["ttl"][1] == f"{HOST} A 3600 s, {LOCAL} MX 86400 s"
    assert found["a"][1] == f"still the old server's: {HOST}, {DOMAIN}, {LOCAL}"
    assert found["mx"][1] == f"{DOMAIN}: 10 old.zeke.ne.jp"


def test_after_the_move() -> None:
    """TTLs that were raised again are no fault, nor is an old server that refuses."""
    found = seen(view(AFTER, REFUSES))
    states = {one: state for one, (state, _) in found.items()}
    assert [one for one, state in states.items() if state == DONE] == [
        "ttl",
        "old-takes",
        "a",
        "mx",
        "ptr",
        "old-stopped",
    ]
    assert (states["old-queue"], states["renewals"]) == (UNKNOWN, UNKNOWN)


INNER = "192.168.1.1"


def without(of: View, name: str) -> View:
    """The same, but nobody answered for the A of that name."""
    left = {
        one: answer for one, answer in of.records.items() if (one.name, one.kind) != (name, "A")
    }
    return replace(of, records=left)


def inside(of: View) -> View:
    """The same on a host that has an inner address besides."""
    return replace(of, own=(*of.own, INNER))


def routed(of: View) -> View:
    """The same behind a router whose outer address is named."""
    networks = replace(ANSWERS.networks, proxy_interfaces=(HERE,))
    return replace(of, answers=replace(ANSWERS, networks=networks))


LOWERED = {**BEFORE, (HOST, "A"): ((OLD,), 300), (LOCAL, "MX"): ((f"10 {HOST}",), 60)}


@pytest.mark.parametrize(
    ("of", "item", "state", "words"),
    [
        (view(LOWERED), "ttl", DONE, "300 s or less"),
        (replace(view(LOWERED), zones_own=frozenset()), "ttl", UNKNOWN, "own servers did not"),
        (view({}), "ttl", UNKNOWN, "own servers did not"),
        (view(BEFORE, REFUSES), "old-takes", OPEN, "refused"),
        (view(BEFORE, SILENCE), "old-takes", UNKNOWN, "no answer"),
        (view({**AFTER, (LOCAL, "A"): ((OLD,), 60)}), "a", OPEN, f"old server's: {LOCAL}"),
        (view({**AFTER, (HOST, "A"): ((ELSEWHERE,), 60)}), "a", OPEN, ELSEWHERE),
        (view({**AFTER, (HOST, "A"): ((HERE, ELSEWHERE), 60)}), "a", OPEN, ELSEWHERE),
        (replace(view(AFTER), theirs=()), "a", UNKNOWN, "old server is not known"),
        (without(view(AFTER), LOCAL), "a", UNKNOWN, f"{LOCAL} A: it was not asked"),
        (inside(view({**AFTER, (HOST, "A"): ((INNER,), 60)})), "a", UNKNOWN, "as seen from inside"),
        (routed(view(AFTER, own=(INNER,))), "a", DONE, HERE),
        (view(AFTER, own=("192.168.1.1",)), "a", UNKNOWN, "behind a router"),
        (view({}), "a", OPEN, "no record"),
        (replace(view({}), records={}), "a", UNKNOWN, "not asked"),
        (view({**AFTER, (DOMAIN, "MX"): ((f"20 {HOST}", "10 b.example"), 9)}), "mx", OPEN, "b."),
        (view({**AFTER, (DOMAIN, "MX"): ((f"10 {HOST}", "10 b.example"), 9)}), "mx", OPEN, "b."),
        (view({**AFTER, (DOMAIN, "MX"): ((r"10 \027]0;x",), 9)}), "mx", OPEN, r"\027]0;x"),
        (replace(view({}), records={}), "mx", UNKNOWN, "not asked"),
        (view({**AFTER, (reversed_name(HERE), "PTR"): (("x.example",), 9)}), "ptr", OPEN, "x.e"),
        (view({}, own=("10.0.0.1",)), "ptr", UNKNOWN, "no address"),
        (view(AFTER), "old-stopped", UNKNOWN, "whether it relays"),
        (view(AFTER, SILENCE), "old-stopped", UNKNOWN, "no answer"),
    ],
)
def test_what_a_look_comes_to(of: View, item: str, state: str, words: str) -> None:
    found = seen(of)[item]
    assert found[0] == state
    assert words in found[1]


def test_a_certificate_that_changes_tells_that_the_old_server_renews() -> None:
    first = checklist(view(AFTER), SavedState(), 1000.0)
    assert first.saved.certificate == "a" * 64
    again = checklist(view(AFTER), first.saved, 2000.0)
    assert again.saved.certificate_at == 1000.0
    by_hand = ticked(again.saved, ["renewals"], [], 2500.0)
    assert state_of(checklist(view(AFTER), by_hand, 2600.0), "renewals") == TICKED
    kept = checklist(view(AFTER), by_hand, 2600.0).saved
    renewed = checklist(view(AFTER, replace(GREETS, certificate="b" * 64)), kept, 3000.0)
    row = next(one for one in renewed.rows if one.id == "renewals")
    assert (row.state, row.seen) == (
        OPEN,
        "the old server serves another certificate than before: it still renews",
    )
    stopped = ticked(renewed.saved, ["renewals"], [], 4000.0)
    served = view(AFTER, replace(GREETS, certificate="b" * 64))
    assert state_of(checklist(served, stopped, 5000.0), "renewals") == TICKED


def test_what_is_no_longer_done_is_told() -> None:
    moved = checklist(view(AFTER), SavedState(), 1000.0)
    back = checklist(view(BEFORE), moved.saved, 2000.0)
    rows = {row.id: row for row in back.rows}
    assert gone(rows["mx"])
    assert rows["mx"].was_done == 1000.0
    assert "It was seen done on" in "\n".join(lines(back))
    assert "and no longer is." in "\n".join(lines(back))
    # Later it is done again, as of the first time.
    assert {row.id: row for row in checklist(view(AFTER), back.saved, 3000.0).rows}["mx"].at == 1000


def test_a_tick_counts_where_a_look_cannot_tell() -> None:
    kept = ticked(SavedState(), ["old-queue", "mx"], [], 1000.0)
    rows = {row.id: row for row in checklist(view(BEFORE), kept, 2000.0).rows}
    assert (rows["old-queue"].state, rows["old-queue"].at) == (TICKED, 1000.0)
    assert rows["mx"].state == OPEN
    taken_back = ticked(kept, [], ["old-queue"], 3000.0)
    assert state_of(checklist(view(BEFORE), taken_back, 3000.0), "old-queue") == UNKNOWN


def test_items_wait_for_those_before_them() -> None:
    rows = {row.id: row for row in checklist(view(BEFORE), SavedState(), 1000.0).rows}
    assert rows["a"].waits_for == ("ttl",)
    assert rows["old-stopped"].waits_for == ("mx", "old-queue")
    moved = {row.id: row for row in checklist(view(AFTER), SavedState(), 1000.0).rows}
    assert moved["old-stopped"].waits_for == ("old-queue",)
    order = {one: at for at, one in enumerate(IDS)}
    assert all(order[before] < order[one.id] for one in ITEMS for before in one.after)


def test_the_list_fits_eighty_columns_and_says_what_to_do() -> None:
    found = checklist(view(BEFORE), SavedState(), 1000.0, ("It is " + "long " * 40,))
    text = "\n".join(lines(found))
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("The move from old.zeke.ne.jp: 7 of 8 items open.\n")
    assert "ssh root@old.zeke.ne.jp postqueue -p" in text.replace("\n         ", " ")
    assert "{" not in text


@pytest.mark.parametrize(
    ("answers", "name", "ssh"),
    [
        (ANSWERS, "old.zeke.ne.jp", "old.zeke.ne.jp"),
        (replace(ANSWERS, move=Move()), None, None),
        (
            replace(
                ANSWERS, move=Move(), certificate=Certificate("remote", host="root@old.example")
            ),
            "old.example",
            "root@old.example",
        ),
        (
            replace(
                ANSWERS, move=Move(), certificate=Certificate("remote", host="root@[2001:db8::1]")
            ),
            "2001:db8::1",
            "root@[2001:db8::1]",
        ),
        (
            replace(ANSWERS, certificate=Certificate("remote", host="root@old.example")),
            "old.zeke.ne.jp",
            "old.zeke.ne.jp",
        ),
        # Not used any more: the certificate comes from elsewhere.
        (
            replace(ANSWERS, move=Move(), certificate=Certificate(host="root@old.example")),
            None,
            None,
        ),
    ],
)
def test_which_server_is_moved_from(answers: Answers, name: str | None, ssh: str | None) -> None:
    found = old_server(answers)
    assert (found.name if found else None, found.ssh if found else None) == (name, ssh)


def test_a_silent_world_is_unknown_and_never_done() -> None:
    silent = {
        Question(one, kind): Answer(Question(one, kind), SILENT, why="no answer in time")
        for one in (HOST, DOMAIN, LOCAL)
        for kind in ("A", "MX")
    }
    of = replace(view({}, SILENCE), records=silent, zones_own=frozenset(), theirs=())
    assert {state for state, _ in seen(of).values()} == {UNKNOWN}


def test_old_keys_of_signatures_are_an_item_until_their_records_are_withdrawn() -> None:
    keys = {"s1._domainkey.a.example": "2026-12-08", "s2._domainkey.a.example": "2026-12-15"}
    assert "dkim-withdrawn" not in [one.id for one in items_of(view(AFTER))]
    rows = [
        next(one for one in checklist(found, SavedState(), 1.0).rows if one.id == "dkim-withdrawn")
        for day in ("2026-12-07", "2026-12-08")
        for found in [replace(view(AFTER), withdrawals=keys, day=day)]
    ]
    assert [one.state for one in rows] == [OPEN, OPEN]
    assert rows[0].seen == (
        "s1._domainkey.a.example from 2026-12-08 on; s2._domainkey.a.example from 2026-12-15 on"
    )
    assert (
        rows[1].seen == "due: s1._domainkey.a.example; s2._domainkey.a.example from 2026-12-15 on"
    )
