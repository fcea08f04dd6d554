"""certbot's hook: written on a first set-up, told where it is missing, never forced upon a host."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import FRESH, done_by, pending
from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.sections.certificate import Certificate
from wizard.host.facts import Host
from wizard.paths import RENEWAL_HOOK
from wizard.planning.build import build_plan


@pytest.fixture
def by_hand(answers: Answers) -> Host:
    """A host that somebody set up as the answers say, but for the hook."""
    host = done_by(build_plan(answers, FRESH), FRESH)
    return host.with_file(RENEWAL_HOOK, live=None)


def test_a_first_set_up_writes_it_and_shows_it(answers: Answers) -> None:
    """It is a file of the review, as any other."""
    plan = build_plan(answers, FRESH)
    (change,) = [one for one in plan.files if one.path == RENEWAL_HOOK]
    assert change.live is None
    assert change.proposed.startswith(b"#!/bin/sh\n")
    assert b"exec systemctl reload postfix\n" in change.proposed
    (step,) = [one for one in plan.steps if one.id == "renewal-hook"]
    assert step.action.file.mode == 0o755  # type: ignore[union-attr]


def test_where_it_is_missing_that_is_no_pending_change(answers: Answers, by_hand: Host) -> None:
    """A host that was set up by hand is right without it; what is missing is told."""
    for sections in ((), ("certificate",), SECTIONS):
        plan = build_plan(answers, by_hand, sections)
        assert pending(plan) == []
        assert any(RENEWAL_HOOK in warning for warning in plan.warnings)
    assert not build_plan(answers, by_hand, ("limits",)).warnings


def test_the_section_policy_writes_it(answers: Answers, by_hand: Host) -> None:
    """By name, as all that no other section owns."""
    assert pending(build_plan(answers, by_hand, (POLICY,))) == ["renewal-hook", "check"]


def test_a_self_signed_certificate_needs_none(answers: Answers) -> None:
    """Nobody renews it."""
    own = replace(answers, certificate=Certificate("self-signed"))
    plan = build_plan(own, FRESH)
    assert "renewal-hook" not in pending(plan)
    assert all(one.path != RENEWAL_HOOK for one in plan.files)


def test_an_edited_hook_is_shown_with_its_diff(answers: Answers, by_hand: Host) -> None:
    """It is replaced only in the open, and the old one comes back by undo."""
    text = b"#!/bin/sh\ntrue\n"
    plan = build_plan(answers, by_hand.with_file(RENEWAL_HOOK, live=text))
    (change,) = [one for one in plan.files if one.path == RENEWAL_HOOK]
    assert change.live == text
    assert pending(plan) == ["renewal-hook", "check"]
