"""A source that must be gathered first: two reviews and two runs, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Collection

import pytest

from tests.screens.hosts import answers, fresh_host, lineage
from tests.screens.pilots import clear, in_sight, opened, type_text, walk_to
from tests.screens.plans import CAUTION, RUN, make_plan
from tests.screens.standin import UNDECIDED, StandIn
from wizard.answers.model import Answers
from wizard.answers.toml import format_answers
from wizard.host.facts import Host
from wizard.host.gathered_facts import Gathered
from wizard.plan.certificate_actions import Fetch
from wizard.plan.choices import Choices
from wizard.plan.model import Plan, Step
from wizard.planning.gather import NOT_KNOWN_YET
from wizard.run import records

OLD = "root@old.example"
FETCH = Step(
    "fetch",
    f"Copy /etc/letsencrypt from {OLD}",
    "why",
    Fetch(OLD, "remote"),
    (("scp", "-pr", "--", f"{OLD}:/etc/letsencrypt", "STAGING"),),
)
TREE = Gathered("remote", OLD, 0, "/t", (lineage("old.example", ("mail.zeke.ne.jp",)),))


def gathering(given: Answers) -> Plan:
    return Plan(
        format_answers(given), (), (FETCH,), (), (CAUTION,), (NOT_KNOWN_YET,), gathers="remote"
    )


def asked(outcome: str) -> list[records.Event]:
    return [
        records.RunStarted(RUN, "0" * 64, 4711),
        records.StepStarted("fetch"),
        records.Prompted(1, "fetch", f"{OLD}'s password: ", echo=False),
        records.PromptClosed(1, answered=True),
        records.StepFinished("fetch", outcome, 1.0, "", {}),
        records.RunFinished(outcome, "" if outcome == "done" else "the password was wrong"),
    ]


@dataclass
class Remote(StandIn):
    """Nothing is gathered before the first run."""

    reads: int = 0

    def host(self) -> Host:
        self.reads += 1
        return fresh_host() if not self.started else replace(fresh_host(), gathered=(TREE,))

    def plan(
        self,
        given: Answers,
        host: Host,
        sections: Collection[str] = (),
        choices: Choices = UNDECIDED,
    ) -> Plan:
        del choices
        self.planned.append((given, tuple(sections)))
        return make_plan(host, (CAUTION,)) if host.gathered else gathering(given)

    def plan_of(self, _run: str) -> Plan:
        return self.started[-1] if self.started else gathering(answers())


@pytest.mark.parametrize("outcome", ["done", "failed"])
async def test_the_second_review_follows_a_gather_run(outcome: str) -> None:
    session = Remote(events=asked(outcome), can_undo=outcome == "done")
    async with opened(session) as pilot:
        await walk_to(pilot, "Certificate")
        await pilot.press("right")
        shown = await in_sight(pilot, "Present server")
        assert "If already here" in shown
        await pilot.press("tab")
        await type_text(pilot, "-oProxyCommand=id")
        await in_sight(pilot, "WRONG: The host cannot begin with '-'")
        await clear(pilot)
        await type_text(pilot, OLD)
        await in_sight(pilot, f"scp -pr {OLD}:/etc/letsencrypt")
        for _ in range(3):
            await pilot.press("ctrl+n")
        await in_sight(pilot, "First accept 1 caution.")
        await pilot.press("2")
        shown = await in_sight(pilot, "scp -pr -- root@old.example:/etc/letsencrypt STAGING")
        assert "3 Notes" in shown
        await pilot.press("3")
        await in_sight(pilot, "This run only gathers")
        await pilot.press("r", "enter")
        await in_sight(pilot, "If that is what you want, type 203.0.113.0/24:")
        await type_text(pilot, "203.0.113.0/24")
        await pilot.press("enter")
        await in_sight(pilot, "[x] ACCEPTED public-range")
        await pilot.press("r")
        await in_sight(pilot, "Nothing of this host is changed yet")
        await pilot.press("y")
        await in_sight(pilot, f"{OLD}'s password:")
        await type_text(pilot, "canary")
        await pilot.press("enter")
        if outcome == "failed":
            await in_sight(pilot, "The run is over: FAILED.")
            await pilot.press("ctrl+n")
            shown = await in_sight(pilot, "Repair that, then press g to continue. Enter shows")
            # The sentence is wrapped, not cut.
            assert f"letsencrypt from {OLD}. It was the last step." in " ".join(shown.split())
            assert "u Undo" not in shown, "there is nothing to take back"
            return
        shown = await in_sight(pilot, "The run is over: DONE.")
        assert "canary" not in shown
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "Review of what was gathered")
        # The caution was accepted once: it is the same plan in two parts.
        await in_sight(pilot, "Nothing has been written yet. r runs the ")
        await pilot.press("n")
        await in_sight(pilot, "+myhostname = mail.zeke.ne.jp")
        assert session.reads == 2
        assert session.planned[-1][0].certificate.host == OLD
        await pilot.press("escape")
        await pilot.press("up", "up", "up", "enter")
        shown = await in_sight(pilot, "postfix-wizard  Certificate")
        assert "3 lineages here or gathered:" in shown
        assert "old.example" in shown


async def test_whoever_attached_to_it_goes_on_with_its_answers() -> None:
    session = Remote(events=asked("done"), in_progress=RUN)
    async with opened(session) as pilot:
        await pilot.press("a")
        await in_sight(pilot, f"{OLD}'s password:")
        await type_text(pilot, "canary")
        session.started.append(gathering(answers()))
        await pilot.press("enter")
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Review of what was gathered")
        await in_sight(pilot, "First accept 1 caution.")
        assert session.planned[-1][0] == answers()
