"""What a result says of findings and of a run that ended early, as words: no screen is opened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from screens.findings import Shown, ago, groups, section_of, sentence, who, whole
from screens.messages import Finished
from screens.outcome import ended_early, message, ways
from tests.screens.hosts import fresh_host
from tests.screens.plans import FINDINGS, RUN, SPF, make_plan
from wizard.finding import Cure, Edit, Finding
from wizard.run.ways_on import RESUMES

RELAY = Finding("smtp.25.relay", "25: relaying", "250", "refused", "wrong", "Do this.")


TAKEN = Finding("smtp.25.users", "25: mail for people", "3 accepted", "accepted", "right")


INSIDE = "The mail server is right from inside; not seen from outside."


BOTH = "The mail server takes mail and is right from inside; not seen from outside."


UNSEEN = "Whether the mail server takes mail was not seen."


def finding(id: str, verdict: str, follows: str = "") -> Finding:  # noqa: A002 - its name there
    return Finding(id, f"subject {id}", "seen", "expected", verdict, "advice", follows=follows)


@pytest.mark.parametrize(
    ("findings", "first", "look", "rest"),
    [
        (FINDINGS[:2], "Nothing to repair", "right", f". {INSIDE}"),
        ((*FINDINGS[:2], SPF), "1 thing to repair", "wrong", f". {INSIDE}"),
        ((SPF,), "1 thing to repair", "wrong", f". {UNSEEN}"),
        ((RELAY, SPF), "2 things to repair", "wrong", ". The mail server is not right."),
        (
            (RELAY, TAKEN),
            "1 thing to repair",
            "wrong",
            ". The mail server takes mail, and something on it is wrong.",
        ),
        (
            (TAKEN, FINDINGS[3]),
            "1 thing to look at",
            "caution",
            ". The mail server takes mail; not seen from outside.",
        ),
        (
            (*FINDINGS, TAKEN, SPF),
            "1 thing to repair",
            "wrong",
            f", 1 waiting for Dovecot, 1 to look at. {BOTH}",
        ),
        (FINDINGS[2:3], "1 thing waiting for Dovecot", "value", f". {UNSEEN}"),
    ],
)
def test_the_sentence_begins_with_the_worst(
    findings: tuple[Finding, ...], first: str, look: str, rest: str
) -> None:
    assert sentence(groups(findings)) == (first, look, rest)


def test_what_was_not_observed_is_not_said() -> None:
    """A stranger who was not tried leaves "right from inside"; a session that was not seen does not."""
    untold = [finding(f"path.{number}", "unknown") for number in range(60)]
    assert sentence(groups(untold)) == ("60 things not known", "", f". {UNSEEN}")
    stranger = finding("smtp.25.stranger", "unknown")
    seen = (*FINDINGS[:2], stranger)
    assert sentence(groups(seen)) == ("1 thing not known", "", f". {INSIDE}")
    cut_off = (*seen, finding("smtp.587.tls", "unknown"))
    assert sentence(groups(cut_off)) == ("2 things not known", "", f". {UNSEEN}")
    taken = (*FINDINGS[:2], replace(stranger, verdict="right"))
    assert "takes mail and is right" in sentence(groups(taken))[2]


def test_what_follows_is_below_its_cause_and_in_the_group_of_the_worst() -> None:
    cause, effect = finding("main.cf", "warning"), finding("smtp.25.auth", "wrong", "main.cf")
    lost = finding("path.ours", "wrong", "not.there")
    first, *others = groups((effect, cause, lost))
    assert first.key == "repair"
    assert [(one.finding, one.consequences) for one in first.shown] == [
        (cause, (effect,)),
        (lost, ()),
    ]
    assert not others
    assert first.shown[0].line.endswith(" (and 1 more)")
    assert any("subject smtp.25.auth" in text for text, _ in whole(first.shown[0]))


def test_a_fault_of_dovecot_is_not_hidden_by_what_waits() -> None:
    lmtp = finding("delivery.lmtp", "wrong")
    assert [one.key for one in groups((lmtp, FINDINGS[2]))] == ["repair", "waiting"]


@pytest.mark.parametrize(
    ("id_", "cure", "words"),
    [
        ("dns.spf", Cure(), "the owner of the DNS zone"),
        ("dns.spf", Cure((("rndc", "reload"),)), "root, on this server"),
        ("dns.ptr.203.0.113.25", Cure(), "the provider that gave the address"),
        ("outbound.25", Cure(), "the provider"),
        ("delivery.lmtp", Cure(), ""),
        ("dns.resolver", Cure(), ""),
        ("smtp.25.relay", Cure(reason="only the operator knows"), ""),
        ("smtp.25.relay", Cure((("postconf", "-X", "x"),)), "root, on this server"),
    ],
)
def test_who_can_repair_it(id_: str, cure: Cure, words: str) -> None:
    said = who(replace(finding(id_, "wrong"), cure=cure))
    assert said.startswith(words)
    assert bool(said) == bool(words)
    assert not who(finding(id_, "right"))


def test_the_whole_finding_has_its_cure() -> None:
    cure = Cure((("postconf", "-X", "a b"),), (Edit("/etc/x", "old", "new"),))
    (group,) = groups([replace(RELAY, cure=cure)])
    texts = [text for text, _ in whole(group.shown[0])]
    assert texts.index("old") < texts.index("new") < texts.index("postconf -X 'a b'")
    assert "In /etc/x replace:" in texts


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "just now"), (130, "2 minutes ago"), (3700, "1 hour ago"), (2e5, "2 days ago")],
)
def test_the_age(seconds: float, said: str) -> None:
    assert ago(seconds) == said


@pytest.mark.parametrize(
    ("outcome", "can_undo", "said"),
    [
        ("failed", False, "Repair that, then press g to continue. Enter"),
        ("stopped", False, "Press g to continue. Enter"),
        ("died", True, "Press g to continue, or u to undo what was done. Enter"),
    ],
)
def test_only_a_failure_is_to_be_repaired(outcome: str, can_undo: bool, said: str) -> None:
    cause = "Why. `postfix-wizard resume` goes on."
    over = Finished(RUN, outcome, f"{cause}\n{RESUMES}", (), make_plan(fresh_host()), steps=4)
    keys = ways(over, can_undo=can_undo, can_read_again=True)
    assert keys.startswith(said)
    texts = [row.text + row.tail for row in ended_early(over, None, keys, 80)]
    assert "Why. g goes on." in texts
    back = replace(over, outcome="failed", has_returned=True)
    assert "press g" not in ways(back, can_undo=False, can_read_again=False)
    assert message(back) == over.message


@pytest.mark.parametrize(
    ("done", "failed_step", "line"),
    [
        (2, "Talk to it", "FAILED in step 3 of 4: Talk to it. 1 step is left."),
        (3, "Talk to it", "FAILED in step 4 of 4: Talk to it. It was the last step."),
        (3, "", "FAILED. 1 step is left."),
        (4, "", "FAILED. All its steps are done."),
    ],
)
def test_the_steps_that_are_left_are_said_in_words(done: int, failed_step: str, line: str) -> None:
    titles = tuple(map(str, range(done)))
    plan = make_plan(fresh_host())
    over = Finished(RUN, "failed", "", (), plan, titles, 4, failed_step, done + 1)
    assert line in [row.text + row.tail for row in ended_early(over, None, "", 80)]


@pytest.mark.parametrize(
    ("id_", "section"),
    [
        ("dns.a", "hostname"),
        ("dns.ptr.192.0.2.1", "hostname"),
        ("dns.mx.local", "domains"),
        ("dns.spf", ""),
        ("networks.trusted", "networks"),
        ("smtp.25.relay", "networks"),
        ("certificate.expiry", "certificate"),
        ("blocklist.zen.own", "blocklists"),
        ("aliases.postmaster", "aliases"),
        ("dovecot.auth", "dovecot"),
        ("queue.space", ""),
    ],
)
def test_which_section_a_finding_is_about(id_: str, section: str) -> None:
    assert section_of(finding(id_, "wrong")) == section
    said = [text for text, _ in whole(Shown(finding(id_, "wrong")))]
    assert (f"Where it is set: section {section}." in said) == bool(section)
