"""The plan as a pure function: which steps are pending, in which order, and what is in the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Callable

import pytest

from tests.factories import (
    DAY,
    FRESH,
    MAIN_TEXT,
    MASTER_TEXT,
    NOW,
    done_by,
    file,
    lineage,
    managed,
    pending,
)
from wizard.answers.accept import form_of
from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.sections.blocklists import CustomBlocklist
from wizard.answers.unsaid import is_unsaid
from wizard.certificates.model import CertificatePair
from wizard.host import facts
from wizard.host.facts import Host
from wizard.host.firewall_facts import Firewall, Zone
from wizard.paths import MAIN_CF, MASTER_CF, SENDER_ACCESS
from wizard.plan import report
from wizard.plan.actions import (
    BuildTable,
    OpenFirewall,
    PostfixCheck,
    ReplaceFile,
    Service,
    StagedCheck,
)
from wizard.plan.certificate_actions import Relink
from wizard.plan.files import Link, sha256
from wizard.plan.report import notes
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back, read_values
from wizard.sections.certificate.section import CERTIFICATE


def test_a_blocklist_without_a_list_to_stand_in_is_said(answers: Answers) -> None:
    plan = build_plan(answers, FRESH, ("blocklists",))
    assert any("smtpd_recipient_restrictions is not set" in one.message for one in plan.obstacles)


def test_a_first_set_up_takes_every_step_in_the_policys_order(answers: Answers) -> None:
    plan = build_plan(answers, FRESH)
    assert pending(plan) == [
        "install",
        "original-main.cf",
        "original-master.cf",
        "links-zeke.ne.jp",
        "renewal-hook",
        "staged",
        "sender_access",
        "sender_access-table",
        "main.cf",
        "master.cf",
        "postfix-check",
        "enable",
        "service",
        "status",
        "firewall",
        "check",
    ]
    assert plan.obstacles == ()
    assert plan.cautions == ()
    (status,) = (one for one in plan.pending if one.id == "status")
    assert status.why == "Shows `systemctl status postfix` with the last log lines."


@pytest.mark.promise(18)
def test_twice_is_once(answers: Answers) -> None:
    host = done_by(build_plan(answers, FRESH), FRESH)
    plan = build_plan(answers, host)
    assert pending(plan) == []
    assert [step.id for step in plan.steps] == [
        step.id for step in build_plan(answers, FRESH).steps
    ]


def test_a_plan_is_a_pure_function(answers: Answers) -> None:
    assert build_plan(answers, FRESH) == build_plan(answers, FRESH)


@pytest.mark.promise(14)
def test_what_a_plan_replaces_it_names_by_hash(answers: Answers) -> None:
    plan = build_plan(answers, FRESH)
    files = {
        step.id: step.action.file for step in plan.steps if isinstance(step.action, ReplaceFile)
    }
    assert files["main.cf"].before == sha256(MAIN_TEXT)
    assert files["sender_access"].before is None
    staged = next(step.action for step in plan.steps if isinstance(step.action, StagedCheck))
    assert ("myhostname", "mail.zeke.ne.jp") in staged.expected


def test_links_know_what_they_replace(answers: Answers) -> None:
    plan = build_plan(answers, FRESH)
    action = next(step.action for step in plan.steps if isinstance(step.action, Relink))
    assert action.links[0] == Link(
        "/etc/letsencrypt/live/zeke.ne.jp/cert.pem",
        "../../archive/zeke.ne.jp/cert1.pem",
        "file:cert",
    )


def networks(answers: Answers, **changes: Any) -> Answers:
    return replace(answers, networks=replace(answers.networks, **changes))


def hostname(answers: Answers, **changes: Any) -> Answers:
    return replace(answers, hostname=replace(answers.hostname, **changes))


VERBS: list[tuple[Callable[[Answers], Answers], str]] = [
    (lambda a: hostname(a, myorigin="$mydomain"), "reload"),
    (lambda a: networks(a, inet_interfaces="loopback-only"), "restart"),
    (lambda a: networks(a, mynetworks=("127.0.0.0/8",)), "reload"),
    (lambda a: replace(a, limits=replace(a.limits, message_size_limit=1)), "reload"),
]


@pytest.mark.promise(18)
def test_the_links_of_a_lineage_that_postfix_does_not_serve_have_a_reason_of_their_own(
    answers: Answers,
) -> None:
    host = replace(FRESH, lineages=(lineage(), lineage("other.example")))
    why = {
        one.id: one.why for one in build_plan(answers, host).steps if one.id.startswith("links-")
    }
    assert "Postfix does not serve this one" in why["links-other.example"]
    assert "Postfix does not serve this one" not in why["links-zeke.ne.jp"]


@pytest.mark.parametrize(("change", "verb"), VERBS)
def test_the_gentlest_verb(
    answers: Answers, change: Callable[[Answers], Answers], verb: str
) -> None:
    host = done_by(build_plan(answers, FRESH), FRESH)
    plan = build_plan(change(answers), host)
    service = next(step for step in plan.pending if isinstance(step.action, Service))
    assert isinstance(service.action, Service)
    assert service.action.verb == verb
    assert pending(plan) == ["staged", "main.cf", "postfix-check", "service", "status", "check"]


def test_links_that_change_are_served_after_a_reload(answers: Answers) -> None:
    """Postfix's processes go on with the certificate that they have read."""
    host = replace(done_by(build_plan(answers, FRESH), FRESH), lineages=FRESH.lineages)
    plan = build_plan(answers, host, ("certificate",))
    assert pending(plan) == ["links-zeke.ne.jp", "service", "status", "check"]
    (service,) = [one.action for one in plan.steps if isinstance(one.action, Service)]
    assert service.verb == "reload"


@pytest.mark.promise(18)
def test_a_row_more_for_a_sender_needs_no_reload(answers: Answers) -> None:
    host = done_by(build_plan(answers, FRESH), FRESH)
    more = replace(
        answers, blocklists=replace(answers.blocklists, allow_senders=("friend@example.org",))
    )
    assert pending(build_plan(more, host)) == ["sender_access", "sender_access-table", "check"]


SECTION_STEPS = {
    "hostname": {"main.cf"},
    "domains": {"main.cf"},
    "networks": {"main.cf", "firewall"},
    "certificate": {"main.cf", "links-zeke.ne.jp", "renewal-hook"},
    # The list that its items stand in is the policy's; without one they have no place yet.
    "blocklists": {"sender_access", "sender_access-table"},
    "delivery": {"main.cf"},
    "limits": {"main.cf"},
    POLICY: {"main.cf", "master.cf", "renewal-hook", "enable", "service", "status"},
}
"""The steps of the sections that the example's answers change."""
ALWAYS = {"install", "original-main.cf", "original-master.cf", "staged", "postfix-check", "check"}


@pytest.mark.promise(17)
@pytest.mark.parametrize("section", [*SECTIONS, POLICY])
def test_a_section_alone_takes_its_own_steps(answers: Answers, section: str) -> None:
    plan = build_plan(answers, FRESH, (section,))
    assert set(pending(plan)) - ALWAYS == SECTION_STEPS.get(section, set())


@pytest.mark.promise(17)
@pytest.mark.parametrize("section", [*SECTIONS, POLICY])
def test_all_sections_one_by_one_come_to_the_whole(answers: Answers, section: str) -> None:
    """Whatever a section changes is in the whole plan too; and it changes only its own lines."""
    whole = build_plan(answers, FRESH).files[0].proposed
    alone = build_plan(answers, FRESH, (section,)).files[0].proposed
    added = [line for line in alone.splitlines() if line not in MAIN_TEXT.splitlines()]
    assert {line.rstrip(b",") for line in added} <= {
        line.rstrip(b",") for line in whole.splitlines()
    }


def changed(**changes: Any) -> Host:
    return replace(FRESH, **changes)


OBSTACLES: dict[str, tuple[Host, str, str]] = {
    "no EL": (
        changed(distribution=facts.Distribution("debian", (), "Debian", "12", is_el=False)),
        "",
        "this is Debian, not a RHEL 9 or 10",
    ),
    "instances": (
        changed(postfix=replace(FRESH.postfix, instances=("/etc/postfix-out",))),
        "",
        "this Postfix has several instances",
    ),
    "port held": (
        changed(listeners=(facts.Listener("0.0.0.0", 25, "exim"),)),
        "",
        "port 25 (smtp) is used by exim",
    ),
    "firewalld stopped": (
        changed(firewall=Firewall("stopped")),
        "",
        "firewalld is installed",
    ),
    "no such zone": (
        changed(firewall=Firewall("running", "work", (Zone("work", frozenset(), frozenset()),))),
        "networks",
        "firewalld has no zone public; its zones are work",
    ),
    "no lineage": (changed(lineages=()), "certificate", "zeke.ne.jp does not exist"),
    "no whole lineage": (
        changed(lineages=(lineage(number=None, problem="the key does not match"),)),
        "certificate",
        "lineage zeke.ne.jp cannot be used: the key does not match",
    ),
    "expired": (
        changed(lineages=(lineage(not_after=NOW - 1),)),
        "certificate",
        "the certificate of zeke.ne.jp expired on 2027-01-15",
    ),
    "not yet": (
        changed(lineages=(lineage(not_before=NOW + DAY),)),
        "certificate",
        "the certificate of zeke.ne.jp is valid only from",
    ),
    "a link for main.cf": (
        FRESH.with_file(MAIN_CF, is_link=True),
        "",
        "/etc/postfix/main.cf is a symbolic link",
    ),
    "a hard link": (
        FRESH.with_file(SENDER_ACCESS, live=b"", links=2),
        "",
        "/etc/postfix/sender_access is a hard link",
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_stands_in_the_way_is_named(answers: Answers, name: str) -> None:
    host, section, message = OBSTACLES[name]
    (problem,) = build_plan(answers, host).obstacles
    assert problem.section == section
    assert message in problem.message


@pytest.mark.parametrize(
    ("state", "sections", "found"),
    [("masked", (), 1), ("masked-runtime", ("networks",), 1), ("masked", ("aliases",), 0)],
)
def test_a_masked_unit_is_in_the_way_where_it_is_turned(
    answers: Answers, state: str, sections: tuple[str, ...], found: int
) -> None:
    active = "active" if "networks" in sections else "inactive"
    masked = changed(unit=facts.Unit(state, active))
    said = [one.message for one in build_plan(answers, masked, sections).obstacles]
    assert sum("`systemctl unmask postfix` first" in one for one in said) == found, said


def test_running_postfix_is_not_in_its_own_way(answers: Answers) -> None:
    host = changed(listeners=(facts.Listener("0.0.0.0", 25, "master"),))
    assert build_plan(answers, host).obstacles == ()


def test_a_run_of_one_section_that_leaves_postfix_stopped_says_so(answers: Answers) -> None:
    host = done_by(build_plan(answers, FRESH), FRESH)
    stopped = replace(host, unit=replace(host.unit, active="inactive"))
    for live, sections, is_said in (
        (stopped, ("networks",), True),
        (stopped, (), False),
        (host, ("networks",), False),
    ):
        warnings = build_plan(answers, live, sections).warnings
        assert any("does not start it" in one for one in warnings) == is_said


def test_ipv6_asked_for_and_absent(answers: Answers) -> None:
    both = networks(answers, inet_protocols="all", mynetworks=("127.0.0.0/8", "[::1]/128"))
    (problem,) = build_plan(both, FRESH).obstacles
    assert "no ::1 on lo" in problem.message
    host = changed(network=facts.Network("ace.zeke.ne.jp", has_ipv6_loopback=True))
    assert build_plan(both, host).obstacles == ()


def cautions(answers: Answers, host: Host) -> list[str]:
    return [form_of(caution) for caution in build_plan(answers, host).cautions]


@pytest.mark.promise(20, 23)
def test_cautions_have_names_and_values(answers: Answers) -> None:
    other = changed(lineages=(lineage(names=("other.example.com",)),))
    assert cautions(answers, other) == ["certificate-name=mail.zeke.ne.jp"]
    public = networks(answers, mynetworks=("203.0.113.0/24", "127.0.0.0/8"))
    assert cautions(public, FRESH) == ["public-range=203.0.113.0/24"]
    several = networks(answers, mynetworks=("203.0.113.0/24", "127.0.0.0/8", "198.51.100.0/28"))
    assert cautions(several, FRESH) == ["public-range=203.0.113.0/24,198.51.100.0/28"]
    said = "203.0.113.0/24, 198.51.100.0/28 in mynetworks are public ranges: every host in them may"
    assert any(one.message.startswith(said) for one in build_plan(several, FRESH).cautions)
    zone = Zone("public", frozenset(), frozenset({"ssh"}), ("service ssh",))
    fleeting = changed(firewall=Firewall("running", "public", (zone,)))
    assert cautions(answers, fleeting) == ["firewall-reload=service%20ssh%20(zone%20public)"]
    loopback = MASTER_TEXT + b"127.0.0.1:submission inet n - n - - smtpd\n"
    assert cautions(answers, FRESH.with_file(MASTER_CF, live=loopback, from_package=False)) == [
        "submission-loopback=127.0.0.1:submission/inet"
    ]


def test_without_firewalld_the_operator_is_told(answers: Answers) -> None:
    plan = build_plan(answers, changed(firewall=Firewall("absent")))
    assert "firewall" not in pending(plan)
    assert any("firewalld is not installed" in warning for warning in plan.warnings)


def test_only_missing_services_are_added(answers: Answers) -> None:
    zone = Zone("public", frozenset({"smtp"}), frozenset({"smtp"}))
    plan = build_plan(answers, changed(firewall=Firewall("running", "public", (zone,))))
    action = next(step.action for step in plan.steps if isinstance(step.action, OpenFirewall))
    assert action.added == ("smtp-submission", "smtps")


def test_self_signed_is_made_once(answers: Answers) -> None:
    trial = replace(answers, certificate=replace(answers.certificate, source="self-signed"))
    assert "self-signed" in pending(build_plan(trial, FRESH))
    pair = CertificatePair("c", "k", ("mail.zeke.ne.jp",), NOW + 300 * DAY, "1")
    assert "self-signed" not in pending(build_plan(trial, changed(self_signed=pair)))
    for changes in ({"names": ("x.example.com",)}, {"not_after": NOW + DAY}, {"problem": "x"}):
        spoilt = replace(pair, **changes)
        assert "self-signed" in pending(build_plan(trial, changed(self_signed=spoilt)))


PAIR = CertificatePair("/c", "/k", ("mail.zeke.ne.jp",), NOW + 300 * DAY, "1")
BAD_DATES: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"not_after": NOW - DAY}, "expired on"),
    "not yet": ({"not_before": NOW + 10 * DAY}, "is valid only from"),
    "an issuer that expired": ({"issuer_not_after": NOW - DAY}, "whose first issuer expired on"),
    "ended a second ago": ({"not_after": NOW - 1}, "expired on"),
    "from the next second on": ({"not_before": NOW + 1}, "is valid only from"),
    "an issuer that ended a second ago": ({"issuer_not_after": NOW - 1}, "first issuer expired on"),
}


@pytest.mark.parametrize(("changes", "why"), BAD_DATES.values(), ids=BAD_DATES)
def test_a_certificate_is_judged_by_the_same_dates_from_each_source(
    changes: dict[str, Any], why: str, answers: Answers
) -> None:
    own: dict[str, Any] = {"source": "files", "name": "", "cert_file": "/c", "key_file": "/k"}
    files = replace(answers, certificate=replace(answers.certificate, **own))
    assert not build_plan(files, changed(own_pair=PAIR)).obstacles
    (obstacle,) = build_plan(files, changed(own_pair=replace(PAIR, **changes))).obstacles
    assert why in obstacle.message
    (said,) = CERTIFICATE.excluded(files, changed(own_pair=replace(PAIR, **changes)))
    assert said == obstacle, "a form says it too"
    other = replace(PAIR, cert_file="/other", **changes)
    assert not [*CERTIFICATE.excluded(files, changed(own_pair=other))], "another pair was read"
    (lineage,) = FRESH.lineages
    spoilt = replace(lineage, **changes)
    (obstacle,) = build_plan(answers, changed(lineages=(spoilt,))).obstacles
    assert why in obstacle.message
    assert "can be used" not in obstacle.message


@pytest.mark.parametrize("kind", [*BAD_DATES, "broken"])
def test_the_lineages_that_would_do_are_named(kind: str, answers: Answers) -> None:
    changes: dict[str, Any] = (
        BAD_DATES[kind][0] if kind in BAD_DATES else {"problem": "the two do not belong"}
    )
    (lineage,) = FRESH.lineages
    others = (
        replace(lineage, name="zeke.ne.jp-0001"),
        replace(lineage, name="other", names=("other.example",)),
        replace(lineage, name="zeke.ne.jp-0002", not_after=NOW - DAY),
        replace(lineage, name="zeke.ne.jp-0003", problem="broken"),
    )
    host = changed(lineages=(replace(lineage, **changes), *others))
    (obstacle,) = build_plan(answers, host).obstacles
    assert obstacle.message.endswith("; zeke.ne.jp-0001 can be used")


def test_what_was_set_up_reads_back_as_its_answers(answers: Answers) -> None:
    host = done_by(build_plan(answers, FRESH), FRESH)
    assert read_back(host) == answers
    assert read_back(FRESH) is None


def test_first_guesses_come_from_the_host() -> None:
    values = read_values(FRESH)
    assert values["hostname"]["myhostname"] == "ace.zeke.ne.jp"
    assert values["certificate"] == {"source": "letsencrypt", "name": "zeke.ne.jp"}
    assert read_values(changed(lineages=()))["certificate"] == {"source": "self-signed"}


def test_what_no_answer_can_express_reads_back_as_no_answer(answers: Answers) -> None:
    host = done_by(build_plan(answers, FRESH), FRESH)
    text = host.text(MAIN_CF).replace(
        b"mynetworks = 192.168.1.0/24, 127.0.0.0/8", b"mynetworks = cidr:/etc/postfix/nets"
    )
    read = read_back(host.with_file(MAIN_CF, live=text))
    assert read is not None
    assert is_unsaid(read.networks.mynetworks)
    assert read.domains == answers.domains


def test_a_main_cf_that_postfix_refuses_is_in_the_way(answers: Answers) -> None:
    said = "postconf: fatal: /etc/postfix/main.cf, line 7: missing '=' after attribute name: \"x\""
    host = replace(FRESH, postfix=replace(FRESH.postfix, stderr=(said,)))
    (obstacle,) = build_plan(answers, host).obstacles
    assert "line 7: missing '='" in obstacle.message
    assert "set that right first" in obstacle.message


def test_what_postfix_said_before_fails_no_step(answers: Answers) -> None:
    said = "postconf: warning: /etc/postfix/main.cf, line 2: overriding earlier entry: x=1"
    postfix = replace(FRESH.postfix, stderr=(said,), known_parameters=frozenset({"mynetworks"}))
    files = managed(file("main.cf", b"lan = 10.0.0.0/8\nmynetworks = $lan\n"))
    plan = build_plan(answers, replace(FRESH, postfix=postfix, files=files))
    tolerant = {
        step.id: step.action.tolerated
        for step in plan.steps
        if isinstance(step.action, (StagedCheck, BuildTable, PostfixCheck))
    }
    assert set(tolerant) == {"staged", "sender_access-table", "postfix-check"}
    unused = "warning: /etc/postfix/main.cf: unused parameter: lan="
    assert set(tolerant.values()) == {(said, unused)}


def test_a_name_in_its_own_script_is_told_both_ways(answers: Answers) -> None:
    foreign = replace(answers, domains=replace(answers.domains, local=("xn--wgv71a119e.jp",)))
    plan = build_plan(foreign, FRESH)
    assert list(notes(plan))[-1] == "To read: xn--wgv71a119e.jp (日本語.jp)"
    assert not [line for line in notes(build_plan(answers, FRESH)) if "To read" in line]


@pytest.mark.promise(24)
def test_a_key_in_a_zone_is_told_of_and_not_told(answers: Answers) -> None:
    """Set, taken out and in the way: the file holds it, and nothing that is said of it does."""
    key = "0canary7f3a0canary7f3a0can"
    custom = (CustomBlocklist(f"{key}.zen.dq.spamhaus.net", "client", "127.0.0.[2..11]"),)
    keyed = replace(answers, blocklists=replace(answers.blocklists, custom=custom))
    plan = build_plan(keyed, FRESH)
    assert f"reject_rbl_client {key}.zen.dq".encode() in plan.files[0].proposed
    assert any("rbl_reply_maps" in warning for warning in plan.warnings)
    host = done_by(plan, FRESH)
    gone = build_plan(answers, host)
    assert any("taken out" in one and "(key).zen.dq" in one for one in gone.warnings)
    for made in (plan, gone):
        told = json.dumps(report.as_json(made)) + "".join(report.notes(made))
        told += "".join(line for change in made.files for line in report.file_diff(change))
        told += "".join(line for change in made.files for line in report.put_back_diff(change))
        assert key not in told
        assert key not in "".join(made.warnings)
        assert "(key).zen.dq" in told
