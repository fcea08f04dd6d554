"""What must be fetched first: when a gather plan is made, and the plan of what it brought."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from tests.factories import DAY, FRESH, NOW, ZEKE, done_by, lineage, pending
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.toml import parse_answers
from wizard.certificates.model import Lineage, LineageFile
from wizard.host.facts import Host
from wizard.host.gathered import FRESH_SECONDS as KEPT_FOR
from wizard.host.gathered_facts import Gathered, GatheredFile
from wizard.plan.actions import Forget
from wizard.plan.certificate_actions import Fetch, Lay, Relink
from wizard.plan.files import LaidFile, Link
from wizard.plan.model import Plan
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.planning.build import build_plan
from wizard.planning.gather import gather_plan

OLD = "root@old.example"
KINDS = ("cert", "chain", "fullchain", "privkey")
NAME = "zeke.ne.jp"
TREE = "/var/lib/postfix-wizard/gathered/remote"


@pytest.fixture
def answers() -> Answers:
    given = ZEKE
    return replace(given, certificate=replace(given.certificate, source="remote", host=OLD))


def files(name: str, number: int = 1, here: str = "missing") -> tuple[GatheredFile, ...]:
    top = "/etc/letsencrypt"
    paths = [f"{top}/archive/{name}/{kind}{number}.pem" for kind in KINDS]
    paths += [f"{top}/live/{name}/{kind}.pem" for kind in KINDS]
    paths += [f"{top}/live/{name}/README", f"{top}/renewal/{name}.conf"]
    return tuple(GatheredFile(path, f"{name}-{path[-12:]}", 0o600, 7, here) for path in paths)


def gathered(*lineages: Lineage, **changes: Any) -> Gathered:
    held = tuple(file for one in lineages for file in files(one.name, one.number or 1))
    common = GatheredFile("/etc/letsencrypt/accounts/a/regr.json", "a", 0o400, 7, "missing")
    made = Gathered("remote", OLD, NOW - 60, TREE, lineages, (*held, common))
    return replace(made, **changes)


BARE = replace(FRESH, lineages=())


def with_tree(tree: Optional[Gathered], host: Host = BARE) -> Host:
    return replace(host, gathered=(tree,) if tree else ())


def gathers(plan: Optional[Plan]) -> str:
    return plan.gathers if plan is not None else ""


def linked(name: str = NAME, number: int = 1) -> Lineage:
    made = tuple(LineageFile(f"{kind}.pem", "link", number, "link:x") for kind in KINDS)
    return replace(lineage(name), files=made, number=number)


def test_a_bare_host_must_fetch_first(answers: Answers) -> None:
    plan = gather_plan(answers, BARE)
    assert plan is not None
    assert (plan.gathers, plan.files) == ("remote", ())
    assert parse_answers(plan.answers) == answers, "whoever attaches goes on with these"
    (step,) = plan.steps
    assert step.action == Fetch(OLD, "remote")
    assert step.commands == (("scp", "-pr", "--", f"{OLD}:/etc/letsencrypt", "STAGING"),)
    assert "only gathers" in plan.warnings[0]
    assert plan_from_bytes(plan_to_bytes(plan)) == plan


CASES: dict[str, tuple[Host, tuple[str, ...], bool]] = {
    "nothing is there": (BARE, (), True),
    "it is in place, whole and linked": (replace(BARE, lineages=(linked(),)), (), False),
    "in place, and the section is rerun": (
        replace(BARE, lineages=(linked(),)), ("certificate",), True,
    ),
    "in place, and all sections are looked at": (
        replace(BARE, lineages=(linked(),)), SECTIONS, False,
    ),
    "in place, another section is rerun": (
        replace(BARE, lineages=(linked(),)), ("domains",), False,
    ),
    "nothing is there, another section": (BARE, ("domains",), False),
    "flattened here": (FRESH, (), True),
    "in place and expired": (
        replace(BARE, lineages=(replace(linked(), not_after=NOW - 1),)), (), True,
    ),
    "gathered": (with_tree(gathered(lineage())), (), False),
    "gathered, and the section is rerun": (
        with_tree(gathered(lineage())), ("certificate",), False,
    ),
    "gathered from another server": (
        with_tree(gathered(lineage(), origin="root@other.example")), (), True,
    ),
    "gathered long ago": (with_tree(gathered(lineage(), at=NOW - KEPT_FOR)), (), True),
    "gathered without the chosen lineage": (with_tree(gathered(lineage("zeke.jp"))), (), True),
    "gathered and the chosen one is broken": (
        with_tree(gathered(replace(lineage(), problem="the key does not belong"))), (), True,
    ),
    "gathered, another one is broken": (
        with_tree(gathered(lineage(), replace(lineage("zeke.jp"), problem="no"))), (), False,
    ),
    "gathered and expired": (
        with_tree(gathered(replace(lineage(), not_after=NOW - 1))), (), True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_when_it_is_fetched(answers: Answers, case: str) -> None:
    host, sections, wanted = CASES[case]
    assert (gathers(gather_plan(answers, host, sections)) == "remote") is wanted


def test_other_sources_gather_nothing(answers: Answers) -> None:
    for source in ("letsencrypt", "self-signed"):
        other = replace(answers, certificate=replace(answers.certificate, source=source))
        assert gather_plan(other, BARE) is None


def test_what_is_wrong_with_what_came_is_said(answers: Answers) -> None:
    tree = gathered(lineage("zeke.jp"))
    plan = gather_plan(answers, with_tree(tree))
    assert plan is not None
    assert plan.warnings[0].endswith(f": it has no lineage {NAME}; it has zeke.jp.")


def test_cautions_and_obstacles_are_told_before_the_fetch(answers: Answers) -> None:
    public = replace(answers, networks=replace(answers.networks, mynetworks=("203.0.113.0/24",)))
    stopped = replace(BARE, firewall=replace(BARE.firewall, state="stopped"))
    plan = gather_plan(public, stopped)
    assert plan is not None
    assert [one.name for one in plan.cautions] == ["public-range", "loopback-network"]
    assert [problem.section for problem in plan.obstacles] == [""]


def test_what_was_fetched_is_laid_linked_and_forgotten(answers: Answers) -> None:
    host = with_tree(gathered(lineage(), replace(lineage("zeke.jp"), number=3)))
    plan = build_plan(answers, host)
    steps = {step.id: step for step in plan.pending}
    assert list(steps)[2:8] == [
        "original-master.cf", "letsencrypt", f"lay-{NAME}", "lay-zeke.jp", f"links-{NAME}",
        "links-zeke.jp",
    ]  # fmt: skip
    assert list(steps)[-3:] == ["check", "forget", "renewals"]
    assert plan.obstacles == ()
    lay = steps["lay-zeke.jp"].action
    assert isinstance(lay, Lay)
    names = [one.path.removeprefix("/etc/letsencrypt/") for one in lay.files]
    assert names == [
        *(f"archive/zeke.jp/{kind}3.pem" for kind in KINDS), "live/zeke.jp/README",
        "renewal/zeke.jp.conf",
    ]  # fmt: skip
    relink = steps["links-zeke.jp"].action
    assert isinstance(relink, Relink)
    assert relink.links[3] == Link(
        "/etc/letsencrypt/live/zeke.jp/privkey.pem", "../../archive/zeke.jp/privkey3.pem", "missing"
    )
    assert steps["forget"].action == Forget(TREE)
    assert plan_from_bytes(plan_to_bytes(plan)) == plan


@pytest.mark.parametrize(
    "wrong",
    [{"problem": "the key does not belong"}, {"not_after": NOW - DAY}, {"not_before": NOW + DAY}],
)
def test_a_bad_one_is_copied_and_not_linked(answers: Answers, wrong: dict[str, Any]) -> None:
    host = with_tree(gathered(lineage(), replace(lineage("bad.example"), **wrong)))
    plan = build_plan(answers, host)
    steps = {step.id: step for step in plan.pending}
    assert "links-bad.example" not in steps
    lay = steps["lay-bad.example"].action
    assert isinstance(lay, Lay)
    assert [one.path for one in lay.files if "/live/" in one.path][:1] == [
        "/etc/letsencrypt/live/bad.example/cert.pem"
    ]
    assert any("bad.example" in one and "copied and not linked" in one for one in plan.warnings)


def here_too(existing: str, answers: Answers) -> Plan:
    """This host has another certificate of the name, with a number that the tree lacks."""
    own = replace(linked("zeke.jp", 2), serial="0B")
    tree = gathered(lineage(), lineage("zeke.jp"))
    tree = replace(
        tree,
        files=tuple(
            replace(one, here="file:other") if "archive/zeke.jp/cert1" in one.path else one
            for one in tree.files
        ),
        here_only=(("/etc/letsencrypt/archive/zeke.jp/cert2.pem", "file:two"),),
    )
    chosen = replace(answers, certificate=replace(answers.certificate, existing=existing))
    return build_plan(chosen, with_tree(tree, replace(BARE, lineages=(own,))))


def test_another_one_here_is_kept(answers: Answers) -> None:
    plan = here_too("keep", answers)
    assert not [step.id for step in plan.steps if step.id == "lay-zeke.jp"]
    assert any("zeke.jp is kept as this host has it" in one for one in plan.warnings)


def test_another_one_here_gives_way_where_the_operator_says_so(answers: Answers) -> None:
    steps = {step.id: step for step in here_too("replace", answers).pending}
    lay = steps["lay-zeke.jp"].action
    assert isinstance(lay, Lay)
    assert lay.files[0].was == "file:other"
    assert lay.files[-1] == LaidFile("/etc/letsencrypt/archive/zeke.jp/cert2.pem", "file:two", None)
    relink = steps["links-zeke.jp"].action
    assert isinstance(relink, Relink)
    assert {link.was for link in relink.links} == {"link:x"}


@pytest.mark.promise(18)
def test_once_it_is_in_place_nothing_is_left_to_do(answers: Answers) -> None:
    host = done_by(build_plan(answers, with_tree(gathered(lineage()))), BARE)
    expired = replace(lineage("bad.example"), not_after=NOW - DAY)
    after = replace(host, lineages=(linked(), expired), gathered=())
    assert gather_plan(answers, after) is None
    assert pending(build_plan(answers, after)) == []


def test_a_name_it_does_not_cover_is_a_caution_and_an_untrusted_one_a_warning(
    answers: Answers,
) -> None:
    other = replace(lineage(), names=("else.example",))
    tree = gathered(other, remarks=(f"lineage {NAME} comes from an authority",))
    plan = build_plan(answers, with_tree(tree))
    assert [one.name for one in plan.cautions] == ["certificate-name"]
    assert tree.remarks[0] in plan.warnings
