"""A change of the section `dkim`, and its plans: keys, files, steps, and what is in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.factories import FRESH, ROOT, ZEKE, done_by, pending
from tests.sections import Case
from wizard.answers.build import check_section
from wizard.answers.model import Answers
from wizard.answers.sections.dkim import Dkim
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.networks import Networks
from wizard.dns.key_record import KeyRecord
from wizard.host.facts import Distribution, Host, Unit
from wizard.host.signing_facts import Signing, SigningKey
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.actions import AskRecords, Install, MakeKey, ProveSignatures, TurnSigner
from wizard.plan.model import Plan
from wizard.plan.wire import plan_to_bytes
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_values
from wizard.postfix.main_cf import MainCf
from wizard.postfix.master_cf import MasterCf
from wizard.sections.certificate import issuing
from wizard.sections.dkim.opendkim import (
    CONF,
    KEY_TABLE,
    SETTINGS,
    SIGNING_TABLE,
    SOCKET,
    TRUSTED_HOSTS,
)
from wizard.sections.dkim.postfix import MILTER
from wizard.sections.dkim.rows import BEGIN, END, own_rows, rows
from wizard.sections.dkim.section import DKIM
from wizard.sections.dkim.setup import day_of, today_of, withdrawn_now
from wizard.sections.dkim.signer import Key, Retired, Setup

CASE = Case({"use": "on"}, files=())

DOMAIN = "zeke.ne.jp"
ONE = replace(ZEKE, domains=Domains(()), dkim=Dkim(use="on"))
STOCK = (ROOT / "scripts/lab/rpm/opendkim.conf").read_bytes()
KEY = f"/etc/opendkim/keys/{DOMAIN}/s202701.private"
NAME = f"s202701._domainkey.{DOMAIN}"
EPEL = Signing(repositories=("epel",), package="opendkim-2.11.0-0.36.el9.x86_64")
ALL = ("opendkim.conf", "KeyTable", "SigningTable", "TrustedHosts")


def with_files(host: Host, **changes: Any) -> Host:
    texts = {
        CONF: STOCK,
        KEY_TABLE: b"# k\n",
        SIGNING_TABLE: b"# s\n",
        TRUSTED_HOSTS: b"127.0.0.1\n",
    }
    for path, text in texts.items():
        host = host.with_file(path, live=text, **changes)
    return host


NEW = replace(with_files(FRESH, from_package=True), signing=EPEL)
"""A host on which dnf would install opendkim."""


def keys_of(plan: Plan) -> dict[str, SigningKey]:
    made = [one.action.path for one in plan.steps if isinstance(one.action, MakeKey)]
    return {path: SigningKey(path, owner="opendkim", public="AAAA") for path in made}


def after(plan: Plan, host: Host) -> Host:
    """The host after the run: the package, the keys and the running unit, too."""
    return replace(
        done_by(plan, host),
        programs=frozenset({"/usr/sbin/opendkim"}),
        units={"opendkim.service": Unit("enabled", "active")},
        signing=replace(host.signing, keys={**host.signing.keys, **keys_of(plan)}),
    )


SIGNED = after(build_plan(ONE, NEW), NEW)
"""The host after the first run."""


def texts(plan: Plan) -> dict[str, bytes]:
    return {one.path: one.proposed for one in plan.files}


def test_the_first_run_makes_keys_and_starts_the_signer_before_main_cf() -> None:
    plan = build_plan(ONE, NEW)
    assert plan.obstacles == ()
    steps = pending(plan)
    assert steps.index("install-opendkim") < steps.index(f"dkim-key-{DOMAIN}")
    own = steps[steps.index(f"dkim-key-{DOMAIN}") :]
    assert own[:8] == [
        f"dkim-key-{DOMAIN}",
        "KeyTable",
        "SigningTable",
        "TrustedHosts",
        "opendkim.conf",
        "dkim-enable",
        "dkim-service",
        "main.cf",
    ]
    (install,) = [one.action for one in plan.steps if one.id == "install-opendkim"]
    assert isinstance(install, Install)
    assert {path for path, _ in install.lays} == {CONF, KEY_TABLE, SIGNING_TABLE, TRUSTED_HOSTS}
    (postfix,) = [one.action for one in plan.steps if one.id == "install"]
    assert isinstance(postfix, Install)
    assert {path for path, _ in postfix.lays} == {MAIN_CF, MASTER_CF}
    (service,) = [one.action for one in plan.steps if one.id == "dkim-service"]
    assert service == TurnSigner("start", "opendkim", "inactive", (SOCKET,))


def test_what_the_files_say_after_the_first_run() -> None:
    found = texts(build_plan(ONE, NEW))
    assert rows(found[KEY_TABLE]) == {NAME: f"{DOMAIN}:s202701:{KEY}"}
    assert own_rows(found[SIGNING_TABLE]) == ()
    # 127.0.0.1 is a row of the package's file, which stays.
    assert list(rows(found[TRUSTED_HOSTS])) == ["127.0.0.1", "192.168.1.0/24", "127.0.0.0/8"]
    for one in SETTINGS:
        assert f"\n{one.name}".lower().encode() in found[CONF].lower()


def test_main_cf_and_master_cf_are_those_of_a_plan_without_the_section() -> None:
    without = texts(build_plan(replace(ONE, dkim=Dkim()), NEW))
    found = texts(build_plan(ONE, NEW))
    assert (found[MAIN_CF], found[MASTER_CF]) == (without[MAIN_CF], without[MASTER_CF])
    assert KEY_TABLE not in without


def test_a_second_plan_has_nothing_to_do_and_says_what_waits() -> None:
    plan = build_plan(ONE, SIGNED)
    assert pending(plan) == []
    assert any(f"nothing is signed with {NAME} yet" in one for one in plan.warnings)


def test_no_plan_has_a_byte_of_a_key() -> None:
    stored = plan_to_bytes(build_plan(ONE, NEW))
    assert b"PRIVATE" not in stored
    assert b'"MakeKey":{"path":"' in stored


def test_without_domains_all_local_ones_sign() -> None:
    made = [
        one.action.path
        for one in build_plan(replace(ZEKE, dkim=Dkim(use="on")), NEW).steps
        if isinstance(one.action, MakeKey)
    ]
    assert [path.split("/")[4] for path in made] == [
        "ace.zeke.ne.jp",
        "cafe.zeke.ne.jp",
        "myhome.zeke.ne.jp",
        "zeke.ne.jp",
    ]


def test_the_selector_is_that_of_the_present_keys() -> None:
    later = replace(SIGNED, read_at=SIGNED.read_at + 90 * 86400)
    assert pending(build_plan(ONE, later)) == []


# The second run.

RECORD = "dkim-records"


def with_record(host: Host, state: str, name: str = NAME) -> Host:
    records = {name: KeyRecord(state, "ns.zeke.ne.jp")}
    return replace(host, signing=replace(host.signing, records=records))


def signing(host: Host) -> Host:
    """The host after the second run."""
    done = after(build_plan(ONE, with_record(host, "right"), ("dkim",)), host)
    return replace(done, signing=replace(done.signing, records={}, is_member=True))


def test_postfix_gets_the_signer_once_the_record_is_right() -> None:
    plan = build_plan(ONE, with_record(SIGNED, "right"), ("dkim",))
    assert plan.obstacles == ()
    steps = pending(plan)
    assert steps[0] == RECORD
    assert steps.index("dkim-service") < steps.index("dkim-member") < steps.index("main.cf")
    assert steps.index("signed_networks") < steps.index("main.cf")
    found = texts(plan)
    main, master = MainCf.parse(found[MAIN_CF]), MasterCf.parse(found[MASTER_CF])
    assert main.value("non_smtpd_milters") == MILTER
    assert main.value("smtpd_milter_maps") == "cidr:/etc/postfix/signed_networks"
    assert main.value("smtpd_milters") is None
    for key in ("submission/inet", "smtps/inet"):
        service = master.service(key)
        assert service is not None
        assert service.values["smtpd_milters"] == MILTER
        assert service.values["smtpd_milter_maps"] == ""
    assert f"192.168.1.0/24 {MILTER}\n".encode() in found["/etc/postfix/signed_networks"]
    assert rows(found[SIGNING_TABLE]) == {f"*@{DOMAIN}": NAME, f"*@*.{DOMAIN}": NAME}
    again = signing(SIGNED)
    assert pending(build_plan(ONE, again)) == []
    assert pending(build_plan(ONE, again, ("dkim",))) == []


@pytest.mark.parametrize("state", ["wrong", "missing"])
def test_a_wrong_or_missing_record_is_in_the_way_of_a_run_of_the_section(state: str) -> None:
    host = with_record(SIGNED, state)
    (obstacle,) = build_plan(ONE, host, ("dkim",)).obstacles
    assert "is not signed before each server of the zone has it" in obstacle.message
    assert "v=DKIM1; k=rsa; p=AAAA" in obstacle.message
    # A plan of all sections goes on without it.
    plan = build_plan(ONE, host)
    assert (plan.obstacles, pending(plan)) == ((), [])


@pytest.mark.parametrize("state", ["wrong", "missing", "unknown"])
def test_a_key_that_exists_already_is_taken_by_a_first_run(state: str) -> None:
    """As after an undo, which leaves keys, or where the operator put one there."""
    there = replace(EPEL, keys={KEY: SigningKey(KEY, owner="opendkim", public="AAAA")})
    plan = build_plan(ONE, with_record(replace(NEW, signing=there), state), ("dkim",))
    assert (plan.obstacles, plan.cautions) == ((), ())
    assert f"dkim-key-{DOMAIN}" not in pending(plan)
    assert "dkim-service" in pending(plan)
    assert list(rows(texts(plan)[KEY_TABLE])) == [NAME]
    assert own_rows(texts(plan)[SIGNING_TABLE]) == ()


def test_a_server_that_cannot_be_asked_needs_a_yes() -> None:
    host = with_record(SIGNED, "unknown")
    plan = build_plan(ONE, host, ("dkim",))
    (caution,) = [one for one in plan.cautions if one.name == "dkim-unpublished"]
    assert caution.values == (DOMAIN,)
    (step,) = [one for one in plan.steps if one.id == RECORD]
    assert step.action == AskRecords(((NAME, KEY),), accepts_silence=True)
    assert pending(build_plan(ONE, host)) == []


def test_a_signature_is_verified_once_postfix_has_the_signer_and_after_each_change() -> None:
    plan = build_plan(ONE, with_record(SIGNED, "right"), ("dkim",))
    steps = pending(plan)
    assert steps.index("service") < steps.index("dkim-signature") < steps.index("check")
    (proof,) = [one.action for one in plan.steps if one.id == "dkim-signature"]
    assert proof == ProveSignatures(((NAME, KEY),))
    assert "dkim-signature" not in pending(build_plan(ONE, SIGNED))
    host = signing(SIGNED)
    assert "dkim-signature" not in pending(build_plan(ONE, host))
    main = host.text(MAIN_CF) + b"mynetworks = 127.0.0.0/8, 10.1.0.0/16\n"
    changed = build_plan(ONE, host.with_file(MAIN_CF, live=main), ("dkim",))
    assert "dkim-signature" in pending(changed)
    # A first key of one more domain: the other one signed before.
    two = replace(ONE, dkim=Dkim(use="on", domains=(DOMAIN, "b.example")))
    made = after(build_plan(two, host, ("dkim",)), host)
    new = "s202701._domainkey.b.example"
    plan = build_plan(two, with_record(made, "right", new), ("dkim",))
    (proof,) = [one.action for one in plan.steps if one.id == "dkim-signature"]
    assert isinstance(proof, ProveSignatures)
    assert [name for name, _ in proof.keys] == [new]


def test_the_milters_of_others_stay_and_are_repeated() -> None:
    main = SIGNED.text(MAIN_CF) + (
        b"smtpd_milters = inet:127.0.0.1:11332\n"
        b"non_smtpd_milters = $smtpd_milters, { unix:/x, command_timeout = 5s }\n"
    )
    host = with_record(SIGNED.with_file(MAIN_CF, live=main), "right")
    found = texts(build_plan(ONE, host, ("dkim",)))
    cf = MainCf.parse(found[MAIN_CF])
    assert cf.value("smtpd_milters") == "inet:127.0.0.1:11332"
    assert cf.value("non_smtpd_milters") == (
        f"$smtpd_milters, {{ unix:/x, command_timeout = 5s }}, {MILTER}"
    )
    service = MasterCf.parse(found[MASTER_CF]).service("submission/inet")
    assert service is not None
    assert service.values["smtpd_milters"] == f"inet:127.0.0.1:11332,{MILTER}"
    table = found["/etc/postfix/signed_networks"]
    assert f"127.0.0.0/8 inet:127.0.0.1:11332,{MILTER}\n".encode() in table


def test_off_takes_the_signer_out_of_postfix_to_the_byte() -> None:
    host = signing(SIGNED)
    found = texts(build_plan(replace(ONE, dkim=Dkim()), host, ("dkim",)))
    assert found[MAIN_CF] == SIGNED.text(MAIN_CF)
    assert found[MASTER_CF] == SIGNED.text(MASTER_CF)
    assert pending(build_plan(replace(ONE, dkim=Dkim()), host)) == []


def test_a_chroot_is_in_the_way() -> None:
    master = SIGNED.text(MASTER_CF).replace(
        b"n       -       n       -", b"n       -       y       -", 1
    )
    assert "write n in its fifth column" in said(SIGNED.with_file(MASTER_CF, live=master))


DUE = day_of(SIGNED.read_at + 7 * 86_400)
NEW_NAME = f"new._domainkey.{DOMAIN}"
ROTATED = replace(ONE, dkim=Dkim(use="on", selector="new"))


def rotating(host: Host) -> list[Host]:
    """The hosts of a rotation: with the old key, with the new one too, and with the new one signing."""
    made = after(build_plan(ROTATED, host, ("dkim",)), host)
    return [host, made, after(build_plan(ROTATED, with_record(made, "right", NEW_NAME)), made)]


def live(host: Host) -> Setup:
    return today_of(host)


def test_the_old_key_of_a_rotation_is_due_to_be_withdrawn_after_a_week() -> None:
    *_, host = rotating(signing(SIGNED))
    old, new = Key(DOMAIN, "s202701"), Key(DOMAIN, "new")
    assert live(host).retired == (Retired(old, DUE),)
    assert (live(host).keys, live(host).signing) == ((new,), (new,))
    # The day does not move, and the next plan has nothing to do.
    later = replace(host, read_at=host.read_at + 3 * 86_400)
    assert pending(build_plan(ROTATED, later, ("dkim",))) == []
    assert list(DKIM.issues(later, ROTATED, ())) == []
    due = replace(host, read_at=host.read_at + 7 * 86_400)
    (issue,) = DKIM.issues(due, ROTATED, ())
    assert issue.state == "waits"
    assert NAME in issue.why
    (warning,) = [one for one in build_plan(ROTATED, due).warnings if one.startswith("dkim")]
    assert f'{NAME}. IN TXT "v=DKIM1; p="' in warning
    # Once no server has the key, its rows go.
    records = {NAME: KeyRecord("wrong", "p= is empty", is_gone=True)}
    gone = replace(due, signing=replace(due.signing, records=records))
    plan = build_plan(ROTATED, gone, ("dkim",))
    assert list(rows(texts(plan)[KEY_TABLE])) == [NEW_NAME]
    assert not [one for one in plan.warnings if one.startswith("dkim")]
    done = after(plan, gone)
    assert list(DKIM.issues(done, ROTATED, ())) == []


def test_a_rotation_that_is_cut_off_between_two_files_signs_with_a_key_that_is_there() -> None:
    hosts = rotating(signing(SIGNED))
    for before, then in zip(hosts, hosts[1:]):
        written = before
        for path in (KEY_TABLE, SIGNING_TABLE, TRUSTED_HOSTS, CONF):
            written = written.with_file(path, live=then.text(path))
            named = set(rows(written.text(SIGNING_TABLE)).values())
            assert named <= rows(written.text(KEY_TABLE)).keys(), path
            assert {one.name for one in live(written).signing} == named
            # From there the same run comes to the same end.
            records = {NEW_NAME: KeyRecord("right", "ns")} if then is hosts[2] else {}
            on = replace(written, signing=replace(then.signing, records=records))
            plan = build_plan(ROTATED, on, ("dkim",))
            assert texts(plan).get(KEY_TABLE, on.text(KEY_TABLE)) == then.text(KEY_TABLE)
            assert texts(plan).get(SIGNING_TABLE, on.text(SIGNING_TABLE)) == then.text(
                SIGNING_TABLE
            )


def test_a_key_that_is_wanted_again_is_not_withdrawn() -> None:
    *_, host = rotating(signing(SIGNED))
    due = replace(host, read_at=host.read_at + 8 * 86_400)
    assert withdrawn_now(ROTATED, due) == (Key(DOMAIN, "s202701"),)
    again = replace(ONE, dkim=Dkim(use="on", selector="s202701"))
    assert withdrawn_now(again, due) == ()
    assert not any("signs no more" in one for one in build_plan(again, due).warnings)


def test_a_rotation_back_to_the_old_key_withdraws_the_new_one() -> None:
    *_, host = rotating(signing(SIGNED))
    answers = replace(ONE, dkim=Dkim(use="on", selector="s202701"))
    plan = build_plan(answers, with_record(host, "right"), ("dkim",))
    back = live(after(plan, host))
    assert back.signing == (Key(DOMAIN, "s202701"),)
    assert [one.key.selector for one in back.retired] == ["new"]


def test_a_new_selector_signs_only_once_its_record_is_there() -> None:
    host = signing(SIGNED)
    answers = replace(ONE, dkim=Dkim(use="on", selector="new"))
    plan = build_plan(answers, host, ("dkim",))
    steps = [f"dkim-key-{DOMAIN}", "KeyTable", "dkim-service", "dkim-signature", "check"]
    assert pending(plan) == steps
    found = texts(plan)
    new = f"new._domainkey.{DOMAIN}"
    assert list(rows(found[KEY_TABLE])) == [new, NAME]
    assert found[SIGNING_TABLE] == host.text(SIGNING_TABLE)
    made = with_record(replace(after(plan, host)), "right", new)
    found = texts(build_plan(answers, made, ("dkim",)))
    assert set(rows(found[SIGNING_TABLE]).values()) == {new}


def test_a_domain_that_is_not_wanted_signs_no_more() -> None:
    answers = replace(ONE, dkim=Dkim(use="on", domains=("other.example",)))
    found = texts(build_plan(answers, signing(SIGNED), ("dkim",)))
    assert own_rows(found[SIGNING_TABLE]) == ()
    # Its key stays until its record is withdrawn.
    assert list(rows(found[KEY_TABLE])) == [
        "s202701._domainkey.other.example",
        NAME,
        f"withdraw-{DUE}.{NAME}",
    ]


def test_a_sub_domain_comes_before_the_domain_above() -> None:
    text = f"{BEGIN}\n*@{DOMAIN} {NAME}\n*@*.{DOMAIN} {NAME}\n*@a.{DOMAIN} s202701._domainkey.a.{DOMAIN}\n{END}\n"
    answers = replace(ONE, dkim=Dkim(use="on", domains=(DOMAIN, f"a.{DOMAIN}")))
    host = SIGNED.with_file(SIGNING_TABLE, live=text.encode())
    both = after(build_plan(answers, host, ("dkim",)), host)
    both = both.with_file(SIGNING_TABLE, live=text.encode())
    found = texts(build_plan(answers, both, ("dkim",)))
    assert [one.key for one in own_rows(found[SIGNING_TABLE])] == [
        f"*@a.{DOMAIN}",
        f"*@*.a.{DOMAIN}",
        f"*@{DOMAIN}",
        f"*@*.{DOMAIN}",
    ]


# What is in the way.


def said(host: Host, answers: Answers = ONE) -> str:
    return " ".join(one.message for one in build_plan(answers, host).obstacles)


@pytest.mark.parametrize(
    ("identity", "version", "command"),
    [
        ("almalinux", "9.4", "dnf install epel-release"),
        ("rocky", "10.0", "dnf install epel-release"),
        ("centos", "9", "dnf install epel-release"),
        ("ol", "9.4", "dnf install oracle-epel-release-el9"),
        ("rhel", "9.4", "codeready-builder-for-rhel-9-"),
        ("rhel", "10.0", "epel-release-latest-10.noarch.rpm"),
        ("eurolinux", "9.4", "epel-release-latest-9.noarch.rpm"),
    ],
)
def test_without_epel_the_command_of_the_distribution_is_named(
    identity: str, version: str, command: str
) -> None:
    host = replace(
        FRESH,
        distribution=Distribution(identity, ("rhel",), "", version, is_el=True),
        signing=Signing(repositories=()),
    )
    assert command in said(host)
    assert said(replace(host, programs=frozenset({"/usr/sbin/opendkim"}))) == ""
    assert said(host, replace(ONE, dkim=Dkim())) == ""
    assert command in certbot_missing(host)


def certbot_missing(host: Host) -> str:
    bare = replace(host, programs=frozenset())
    return next(issuing.obstacles(ONE, bare)).message


def test_a_package_that_cannot_be_fetched_is_in_the_way() -> None:
    host = replace(FRESH, signing=replace(EPEL, why_no_package="dnf says no"))
    assert said(host) == "dnf says no"


def test_a_masked_unit_is_in_the_way() -> None:
    host = replace(SIGNED, units={"opendkim.service": Unit("masked", "inactive")})
    assert "unmask opendkim" in said(host)


@pytest.mark.parametrize("why", ["it is a key of Ed25519: refused", "openssl reads no key in it"])
def test_a_key_that_cannot_sign_is_in_the_way(why: str) -> None:
    keys = {KEY: SigningKey(KEY, why=why)}
    assert f"{KEY} cannot be used: {why}" in said(replace(SIGNED, signing=replace(EPEL, keys=keys)))


@pytest.mark.parametrize(
    "item", ["cidr:/etc/postfix/nets", "/etc/postfix/nets", "hash:/x", "!10.1.1.1"]
)
def test_a_network_that_opendkim_cannot_read_is_in_the_way(item: str) -> None:
    main = f"mynetworks = 127.0.0.0/8, {item}\n".encode()
    assert item in said(SIGNED.with_file(MAIN_CF, live=main))


def test_a_name_in_mynetworks_is_expanded() -> None:
    main = b"lan = 10.1.0.0/16 [fd00::]/8\nmynetworks = 127.0.0.0/8, $lan\n"
    plan = build_plan(ONE, SIGNED.with_file(MAIN_CF, live=main))
    assert plan.obstacles == ()
    assert {"10.1.0.0/16", "fd00::/8"} <= rows(texts(plan)[TRUSTED_HOSTS]).keys()


def test_ipv6_loses_its_brackets() -> None:
    answers = replace(ONE, networks=Networks(mynetworks=("[2001:db8::]/64", "[::1]/128")))
    found = texts(build_plan(answers, NEW))
    assert list(rows(found[TRUSTED_HOSTS]))[1:] == ["2001:db8::/64", "::1/128"]


# What somebody else set up.


BY_HAND = {
    "keys": {KEY_TABLE: b"mail._domainkey.a.b a.b:mail:/k\n"},
    "one key": {CONF: b"Mode sv\nKeyFile /etc/mail.private\nDomain a.b\n"},
    "a table in a database": {CONF: b"KeyTable dsn:mysql://x\n"},
    "a file that includes another": {CONF: b"Include /etc/opendkim.d/mine\n"},
}


@pytest.mark.parametrize("files", BY_HAND.values(), ids=BY_HAND)
def test_an_opendkim_set_up_by_hand_is_left_alone_and_named(files: dict[str, bytes]) -> None:
    host = replace(SIGNED, signing=EPEL)
    host = with_files(host)
    for path, text in files.items():
        host = host.with_file(path, live=text)
    plan = build_plan(ONE, host)
    assert [one for one in pending(plan) if one in (*ALL, "dkim-service")] == []
    assert any("set up by hand" in one for one in plan.warnings)


@pytest.mark.parametrize("unit", ["rspamd", "amavisd"])
def test_another_signer_is_left_alone_and_named(unit: str) -> None:
    host = replace(NEW, units={f"{unit}.service": Unit("enabled", "active")})
    plan = build_plan(ONE, host)
    assert "install-opendkim" not in pending(plan)
    assert any(f"{unit} runs here" in one for one in plan.warnings)


def test_a_row_of_the_operator_that_counts_first_is_named() -> None:
    host = signing(SIGNED)
    host = host.with_file(SIGNING_TABLE, live=b"* mine\n" + host.text(SIGNING_TABLE))
    assert any("rows of your own count first" in one for one in build_plan(ONE, host).warnings)


def test_off_changes_nothing_and_a_named_run_says_what_stays() -> None:
    off = replace(ONE, dkim=Dkim())
    assert pending(build_plan(off, SIGNED)) == []
    plan = build_plan(off, SIGNED, ("dkim",))
    assert pending(plan) == []
    assert any("systemctl disable --now opendkim" in one for one in plan.warnings)


def test_what_is_read_back() -> None:
    assert read_values(NEW)["dkim"] == {"use": "off"}
    assert read_values(SIGNED)["dkim"] == {"use": "on"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(
            ("selector", one)
            for one in ("-a", "a.b", "a b", "$x", "{{x}}", "a\n", "é", "a" * 64, "a#")
        ),
        *(
            ("domains", [one])
            for one in ("-a.b", "$mydomain", "a b", "{{x}}", "localhost\n", "#a.b")
        ),
    ],
)
def test_bad_values_are_refused(field: str, value: Any) -> None:
    _, problems = check_section("dkim", {"use": "on", field: value})
    assert [one.name for one in problems] == [field]


def test_a_signer_that_is_down_is_an_issue_of_the_section() -> None:
    down = replace(SIGNED, units={"opendkim.service": Unit("enabled", "failed")})
    first, waits = DKIM.issues(down, ONE, ())
    assert "opendkim does not run (failed)" in first.why
    assert waits.state == "waits"
    assert list(DKIM.issues(signing(SIGNED), ONE, ())) == []


def test_a_key_that_does_not_sign_yet_waits_and_its_check_is_named() -> None:
    (issue,) = DKIM.issues(SIGNED, ONE, ())
    assert issue.state == "waits"
    assert f"signed with {NAME} yet: `postfix-wizard check`" in issue.why
    assert DKIM.value(SIGNED, ONE) == "opendkim, active, signs nothing yet"
    assert DKIM.value(signing(SIGNED), ONE) == "opendkim, active"
    answers = replace(ONE, dkim=Dkim(use="on", selector="new"))
    host = signing(SIGNED)
    (issue,) = DKIM.issues(after(build_plan(answers, host, ("dkim",)), host), answers, ())
    assert f"new._domainkey.{DOMAIN} yet" in issue.why
    assert NAME not in issue.why
