"""Test blocklists before a run switches them on, and print a warning for each that fails."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers.model import Answers
from wizard.answers.toml import parse_stored
from wizard.host.facts import Host
from wizard.plan.model import Plan
from wizard.postfix.blocklists import zones_to_test
from wizard.session import Session

SECONDS = 1.0
"""Time for all lists together."""


def list_warnings(session: Session, plan: Plan, host: Host) -> Iterator[str]:
    """Yield a line for each list that the plan's answers use and that does not work.

    The plan itself is made without the network and does not depend on what a list answers today.
    """
    answers = parse_stored(plan.answers)
    chosen = not plan.sections or "blocklists" in plan.sections
    if plan.gathers or not chosen or not isinstance(answers, Answers):
        return
    zones = tuple(dict.fromkeys(zones_to_test(answers.blocklists)))
    for one in session.ask_lists(zones, host, answers.blocklists.dqs_key_file, seconds=SECONDS):
        if not one.works:
            yield f"Warning: blocklist {one.zone.zone} {one.state} ({one.said}). {one.advice}"
