"""Dovecot cause by cause, from what it says of itself and of one recipient."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.postfix.test_dovecot import ANSWERS, LMTP, RIGHT
from wizard.answers.sections.dovecot import Dovecot as Asked
from wizard.check.dovecot import mailboxes
from wizard.check.dovecot.mailboxes import Observed, judge_mailboxes
from wizard.check.smtp.session import Reply, Transcript
from wizard.door import Door
from wizard.finding import RIGHT as GOOD
from wizard.finding import UNKNOWN, WAITS, WARNING, WRONG
from wizard.host.facts import Dovecot, Unit
from wizard.postfix.dovecot import AUTH

OK = Transcript({"rcpt": Reply(250, ("2.1.5 OK",))})
RUNS = Unit("enabled", "active")


def judged(looked: Observed, *, ours: bool = False) -> dict[str, tuple[str, str, bool]]:
    answers = replace(ANSWERS, dovecot=Asked("write" if ours else "leave"))
    found = judge_mailboxes(looked, answers)
    return {one.id: (one.verdict, one.seen, one.fatal) for one in found}


def dovecot(version: str = "2.3.16", **changes: str) -> Dovecot:
    settings = {**RIGHT[version], **changes}
    return Dovecot(version=version, settings=settings, unit=RUNS, reader="taro")


def not_running(enabled: str, state: str) -> Dovecot:
    return replace(dovecot(), unit=Unit(enabled, state))


@pytest.mark.parametrize("version", RIGHT)
def test_a_right_one(version: str) -> None:
    assert judged(Observed(dovecot(version), OK)) == {
        "dovecot.settings": (GOOD, "as Postfix needs them", False),
        "dovecot.recipient": (GOOD, "250 2.1.5 OK", False),
    }


CAUSES: list[tuple[str, dict[str, str], str, str, str]] = [
    ("2.3.16", {"protocols": "imap"}, "protocols", WRONG, "imap"),
    ("2.4.1", {"protocols/lmtp": "no"}, "protocols", WRONG, "no lmtp among them"),
    ("2.3.16", {f"service lmtp/unix_listener {LMTP}/user": "root"}, "lmtp-socket", WRONG, LMTP),
    ("2.4.1", {f"service auth/unix_listener {AUTH}/mode": "0400"}, "auth-socket", WRONG, AUTH),
    ("2.3.16", {"auth_username_format": "%Lu"}, "user-name", WRONG, "%Lu"),
    ("2.3.16", {"mail_location": ""}, "mailbox", WRONG, "nothing says so"),
    ("2.4.1", {"mail_driver": "", "mail_path": ""}, "mailbox", WRONG, "nothing says so"),
    ("2.3.16", {"ssl": "no"}, "tls", WARNING, "in the clear"),
    ("2.3.16", {"disable_plaintext_auth": "no"}, "cleartext", WARNING, "allowed"),
    ("2.4.1", {"auth_allow_cleartext": "yes"}, "cleartext", WARNING, "allowed"),
]


@pytest.mark.parametrize(("version", "change", "name", "verdict", "word"), CAUSES)
def test_each_cause(
    version: str, change: dict[str, str], name: str, verdict: str, word: str
) -> None:
    """It is the only one that is told; it fails a run only where the file is ours to write."""
    looked = Observed(dovecot(version, **change))
    found = judged(looked)
    assert list(found) == [f"dovecot.{name}"]
    assert found[f"dovecot.{name}"][0] == verdict
    assert word in found[f"dovecot.{name}"][1]
    assert not found[f"dovecot.{name}"][2]
    assert judged(looked, ours=True)[f"dovecot.{name}"][2]


def test_one_that_was_never_set_up_for_postfix_waits() -> None:
    """What is wrong with Dovecot itself is wrong there too, and so is all that a run was to write."""
    bare = replace(
        dovecot(), settings={"protocols": "imap", "ssl": "yes", "ssl_cert": "</srv/gone.pem"}
    )
    looked = Observed(bare, missing=("/srv/gone.pem",))
    verdicts = {name: verdict for name, (verdict, _, _) in judged(looked).items()}
    assert verdicts.pop("dovecot.tls") == WRONG
    assert set(verdicts.values()) == {WAITS}
    assert {"dovecot.lmtp-socket", "dovecot.auth-socket", "dovecot.protocols"} <= verdicts.keys()
    ours = judged(looked, ours=True)
    assert {verdict for verdict, _, _ in ours.values()} == {WRONG}


@pytest.mark.parametrize(
    "change",
    [
        {"mail_location": "sdbox:~/mail"},
        {"ssl_cert": "</etc/pki/dovecot/certs/dovecot.pem"},
    ],
)
def test_another_choice_that_works_is_not_blamed(change: dict[str, str]) -> None:
    assert judged(Observed(dovecot(**change)))["dovecot.settings"][0] == GOOD


def test_a_certificate_that_is_not_there() -> None:
    for own in (dovecot(), dovecot(ssl_cert="</srv/gone.pem")):
        found = judged(Observed(own, missing=("/srv/gone.pem",)))
        assert found["dovecot.tls"][:2] == (WRONG, "/srv/gone.pem is not there")


def test_a_configuration_that_it_refuses() -> None:
    broken = replace(dovecot(), settings={}, complaint="Unknown setting: mail_driver\x1b[2J")
    found = judged(Observed(broken))
    assert list(found) == ["dovecot.config"]
    assert found["dovecot.config"][0] == WRONG
    assert "Unknown setting: mail_driver" in found["dovecot.config"][1]
    assert "\x1b" not in found["dovecot.config"][1]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(550, ("5.1.1 <taro@x> User doesn't exist",)), WRONG),
        (Reply(451, ("4.3.0 Temporary internal error",)), WRONG),
    ],
)
def test_a_recipient_that_is_refused(reply: Reply, verdict: str) -> None:
    found = judged(Observed(dovecot(), Transcript({"rcpt": reply})))
    assert found["dovecot.recipient"][:2] == (verdict, str(reply))


@pytest.mark.parametrize(("state", "verdict"), [("inactive", WAITS), ("failed", WRONG)])
def test_one_that_does_not_run(state: str, verdict: str) -> None:
    found = judged(Observed(not_running("disabled", state)))
    assert found["dovecot.runs"][0] == verdict


@pytest.mark.parametrize("version", RIGHT)
def test_settings_of_one_that_failed_are_not_right(version: str) -> None:
    """doveconf(1) accepts some that Dovecot dies of, such as `<` before a file in 2.4."""
    failed = replace(dovecot(version), unit=Unit("enabled", "failed"))
    found = judged(Observed(failed))
    assert found["dovecot.runs"][0] == WRONG
    assert found["dovecot.settings"][0] == UNKNOWN
    assert "Dovecot failed with them" in found["dovecot.settings"][1]
    # A fault that is seen is one, whether it runs or not.
    broken = judged(Observed(failed, missing=("/srv/gone.pem",)))
    assert broken["dovecot.tls"][0] == WRONG
    assert "dovecot.settings" not in broken


@pytest.mark.parametrize("there", [Dovecot(), not_running("masked", "inactive")])
def test_nothing_is_said_of_one_that_is_missing(there: Dovecot) -> None:
    assert judged(Observed(there)) == {}


def test_a_doveconf_that_hangs_says_nothing_of_the_configuration() -> None:
    late = replace(
        dovecot(), settings={}, complaint="it gave no answer within 2 seconds", hangs=True
    )
    found = judged(Observed(late))
    assert found["dovecot.config"][0] == UNKNOWN
    broken = replace(late, complaint="doveconf: Fatal: Unknown setting: x", hangs=False)
    assert judged(Observed(broken))["dovecot.config"][0] == WRONG


def test_one_that_does_not_answer() -> None:
    found: dict[str, Any] = judged(Observed(Dovecot(), why="no answer within 15 seconds"))
    assert found["dovecot.settings"][:2] == (UNKNOWN, "not known: no answer within 15 seconds")


@pytest.mark.parametrize(("transport", "met"), [("", ""), (f"lmtp:unix:{LMTP}", "+")])
def test_a_delimiter_counts_where_mail_goes_to_dovecot(
    transport: str, met: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(mailboxes, "_read", lambda _: replace(dovecot(), reader=""))

    def values(_door: Door, _dovecot: Dovecot, delimiter: str) -> tuple[()]:
        seen.append(delimiter)
        return ()

    monkeypatch.setattr(mailboxes, "judge_values", values)
    monkeypatch.setattr(mailboxes, "begin_logins", lambda *_: lambda: None)
    delivery = replace(ANSWERS.delivery, mailbox_transport=transport)
    with ThreadPoolExecutor(1) as pool:
        answers = replace(ANSWERS, delivery=delivery)
        list(mailboxes.begin_mailboxes(answers, Door(tmp_path), pool, 1.0, "+")())
    assert seen == [met]


def test_a_defect_of_one_part_ends_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(mailboxes, "_read", lambda _: replace(dovecot(), reader=""))
    monkeypatch.setattr(mailboxes, "judge_values", fails)
    monkeypatch.setattr(mailboxes, "begin_logins", lambda *_: lambda: None)
    with ThreadPoolExecutor(1) as pool:
        found = {
            one.id: one for one in mailboxes.begin_mailboxes(ANSWERS, Door(tmp_path), pool, 1.0)()
        }
    assert found["defect.Dovecot"].verdict == UNKNOWN
    assert "dovecot.settings" in found or "dovecot.tls" in found
