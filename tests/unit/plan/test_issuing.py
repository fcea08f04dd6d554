"""When a certificate is to be obtained on this host, and what stands in the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import DAY, FRESH, NOW, ZEKE, lineage
from wizard.answers.model import Answers
from wizard.certificates.certbot import LETS_ENCRYPT, PROGRAM
from wizard.host.facts import Host, Listener
from wizard.plan.certificate_actions import Obtain
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.planning.gather import gather_plan

NAME = "zeke.ne.jp"
BARE = replace(FRESH, lineages=(), programs=frozenset({PROGRAM}))


@pytest.fixture
def answers() -> Answers:
    given = ZEKE
    return replace(given, certificate=replace(given.certificate, source="certbot"))


def test_a_bare_host_obtains(answers: Answers) -> None:
    plan = gather_plan(answers, BARE)
    assert plan is not None
    (step,) = plan.steps
    assert isinstance(step.action, Obtain)
    assert step.action.names == ("mail.zeke.ne.jp", NAME)
    assert step.action.origin == f"{LETS_ENCRYPT} (for mail.zeke.ne.jp, {NAME})"
    assert [argv[:3] for argv in step.commands] == [
        ("certbot", "certonly", "--dry-run"),
        ("certbot", "certonly", "--standalone"),
    ]
    assert ("acme-terms", (LETS_ENCRYPT,)) in {(one.name, one.values) for one in plan.cautions}
    assert plan.obstacles == ()
    assert plan_from_bytes(plan_to_bytes(plan)) == plan


@pytest.mark.parametrize(
    ("name", "is_said"),
    [
        (NAME, False),
        ("mail.zeke.ne.jp", False),
        ("mail", False),
        ("example.jp", True),
        ("ke.ne.jp", True),
    ],
)
def test_a_name_of_another_domain_is_said_before_certbot_asks_for_it(
    answers: Answers, name: str, *, is_said: bool
) -> None:
    """The name may be the one of a lineage that was here before the host had its name."""
    plan = gather_plan(replace(answers, certificate=replace(answers.certificate, name=name)), BARE)
    assert plan is not None
    found = [one for one in plan.warnings if "certbot asks for" in one]
    assert bool(found) == is_said
    assert all(f"Name it {answers.hostname.myhostname}" in one for one in found)


HERE = replace(BARE, lineages=(lineage(NAME),))
EXPIRED = replace(BARE, lineages=(replace(lineage(NAME), not_after=NOW - DAY),))
OTHER = replace(BARE, lineages=(replace(lineage(NAME), names=("other.example",)),))
CASES: dict[str, tuple[Host, str, tuple[str, ...], bool]] = {
    "it serves": (HERE, "keep", (), False),
    "it serves, rerun": (HERE, "keep", ("certificate",), False),
    "it serves, replaced, not rerun": (HERE, "replace", (), False),
    "it serves, replaced and rerun": (HERE, "replace", ("certificate",), True),
    "of another name": (OTHER, "keep", (), False),
    "of another name, replaced": (OTHER, "replace", (), True),
    "expired": (EXPIRED, "replace", (), True),
}


@pytest.mark.parametrize(("host", "existing", "sections", "wanted"), CASES.values(), ids=CASES)
def test_when(
    answers: Answers, host: Host, existing: str, sections: tuple[str, ...], *, wanted: bool
) -> None:
    given = replace(answers, certificate=replace(answers.certificate, existing=existing))
    assert (gather_plan(given, host, sections) is not None) == wanted


@pytest.mark.parametrize(
    ("host", "field", "words"),
    [
        (replace(BARE, programs=frozenset()), "source", "dnf install certbot"),
        (replace(BARE, listeners=(Listener("*", 80, "httpd"),)), "challenge", "used by httpd"),
        (EXPIRED, "existing", "it expired on"),
    ],
)
def test_what_stands_in_the_way(answers: Answers, host: Host, field: str, words: str) -> None:
    plan = gather_plan(answers, host)
    assert plan is not None
    (problem,) = plan.obstacles
    assert (problem.section, problem.name) == ("certificate", field)
    assert words in problem.message
