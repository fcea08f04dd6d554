"""A change of the section `backup`, and the plans of a second MX and of its primary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.factories import FRESH, ZEKE, done_by, pending
from tests.sections import Case
from wizard.answers.model import Answers
from wizard.answers.sections.backup import BACKUP_RECIPIENTS, Backup
from wizard.host.backup_facts import BackupFacts
from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.actions import BuildTable
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back

CASE = Case(
    {"servers": ("198.51.100.25",)},
    moves=frozenset({"smtpd_recipient_restrictions", "smtpd_client_event_limit_exceptions"}),
)

DOMAINS = ("hana.example", "taro.example")
PRIMARY = "mail.hana.example"
FILE = "/etc/postfix-wizard/recipients"
PEOPLE = ("hanako@hana.example", "postmaster@hana.example", "postmaster@taro.example")
INLINE = "inline:{hana.example=relay:[mail.hana.example],taro.example=relay:[mail.hana.example]}"
VERIFIES = (
    "check_recipient_access "
    "inline:{hana.example=reject_unverified_recipient,taro.example=reject_unverified_recipient}"
)


def answers(**fields: Any) -> Answers:
    return replace(ZEKE, backup=Backup(**fields))


BY_FILE = answers(domains=DOMAINS, primary=PRIMARY)
VERIFIED = answers(domains=DOMAINS, primary=PRIMARY, recipients="verify")
PRIMARYS = answers(servers=("198.51.100.25", "2001:db8::25"))


def host(people: tuple[str, ...] = PEOPLE, **facts: Any) -> Host:
    return replace(FRESH, backup=BackupFacts(people, **facts))


def applied(plan: Plan, before: Host) -> Host:
    """The host after the plan, with the tables that it built."""
    built = [one.action for one in plan.steps if isinstance(one.action, BuildTable)]
    dumps = {
        one.path: "".join(f"{key}\t{value}\n" for key, value in one.rows).encode() for one in built
    }
    tables = {**before.tables, BACKUP_RECIPIENTS: dumps.get(BACKUP_RECIPIENTS)}
    return replace(done_by(plan, before), tables=tables)


def text(plan: Plan, path: str) -> bytes:
    return next((one.proposed for one in plan.files if one.path == path), b"")


def main(plan: Plan) -> dict[str, str]:
    return own_parameters(text(plan, MAIN_CF))


SET_UP = applied(build_plan(ZEKE, FRESH), host())
"""A host with the answers of the example, and nothing of this section."""


def with_line(before: Host, *lines: str) -> Host:
    more = "".join(f"{one}\n" for one in lines).encode()
    return before.with_file(MAIN_CF, live=before.text(MAIN_CF) + more)


# Plans.


def test_answers_without_the_section_change_nothing() -> None:
    assert text(build_plan(ZEKE, host()), MAIN_CF) == text(build_plan(ZEKE, FRESH), MAIN_CF)
    assert pending(build_plan(ZEKE, SET_UP, ("backup",))) == []


def test_a_file_makes_the_table_before_main_cf_names_it() -> None:
    plan = build_plan(BY_FILE, host())
    ids = pending(plan)
    assert ids.index("backup_recipients") < ids.index("backup_recipients-table")
    assert ids.index("backup_recipients-table") < ids.index("main.cf")
    found = main(plan)
    assert found["relay_domains"] == "hana.example, taro.example"
    assert found["transport_maps"] == INLINE
    assert found["relay_recipient_maps"] == f"hash:{BACKUP_RECIPIENTS}"
    assert "address_verify_map" not in found
    assert b"hanako@hana.example OK\n" in text(plan, BACKUP_RECIPIENTS)
    assert plan.obstacles == ()
    (outage,) = (one for one in plan.warnings if "does not answer" in one)
    assert "mail for 3 recipients of /etc/postfix-wizard/recipients is queued here" in outage
    assert any("returns to its sender as a bounce" in one for one in plan.warnings)


def test_verify_asks_directly_below_the_rule_against_relaying() -> None:
    plan = build_plan(VERIFIED, host())
    found = main(plan)
    items = found["smtpd_recipient_restrictions"].split(", ")
    assert items[items.index("reject_unauth_destination") + 1] == VERIFIES
    assert found["unverified_recipient_reject_code"] == "550"
    assert found["address_verify_map"] == "hash:$data_directory/verify_cache"
    assert "relay_recipient_maps" not in found
    (outage,) = (one for one in plan.warnings if "does not answer" in one)
    assert (
        "only for recipients that it confirmed in the last 31 days. All other mail gets 450"
        in outage
    )


def test_the_primary_exempts_its_backups_and_trusts_them_in_nothing_else() -> None:
    plan = build_plan(PRIMARYS, host())
    found = main(plan)
    assert found["mynetworks"] == "192.168.1.0/24, 127.0.0.0/8"
    assert (
        found["smtpd_client_event_limit_exceptions"] == "$mynetworks, 198.51.100.25, [2001:db8::25]"
    )
    items = found["smtpd_recipient_restrictions"].split(", ")
    item = "check_client_access inline:{198.51.100.25=OK,2001:db8::25=OK}"
    assert items[items.index("reject_unauth_destination") + 1] == item
    assert any("passes sender_access, the blocklists" in one for one in plan.warnings)


@pytest.mark.parametrize("wanted", [BY_FILE, VERIFIED, PRIMARYS])
@pytest.mark.parametrize("before", [FRESH, SET_UP])
def test_a_rerun_is_nothing_to_do_and_off_gives_the_bytes_back(
    wanted: Answers, before: Host
) -> None:
    before = replace(before, backup=BackupFacts(PEOPLE))
    after = applied(build_plan(wanted, before), before)
    today = read_back(after)
    assert today is not None
    assert today.backup == wanted.backup
    for sections in ((), ("backup",)):
        assert build_plan(wanted, after, sections).warnings == ()
        again = build_plan(wanted, after, sections)
        assert not any(one.proposed != after.text(one.path) for one in again.files)
        assert "backup_recipients-table" not in pending(again)
    off = build_plan(ZEKE, after, ("backup",))
    assert text(off, MAIN_CF) == text(build_plan(ZEKE, before), MAIN_CF)
    # Answers that do not name the section leave it alone.
    assert text(build_plan(ZEKE, after), MAIN_CF) == after.text(MAIN_CF)


def test_another_file_has_another_table_and_the_path_is_read_back() -> None:
    other = replace(BY_FILE, backup=replace(BY_FILE.backup, recipients="/root/people"))
    after = applied(build_plan(other, host()), host())
    today = read_back(after)
    assert today is not None
    assert today.backup.recipients == "/root/people"
    later = replace(after, backup=BackupFacts((*PEOPLE, "jiro@taro.example")))
    assert pending(build_plan(other, later, ("backup",))) == [
        "backup_recipients",
        "backup_recipients-table",
        "check",
    ]


def test_from_a_file_to_verify_and_back() -> None:
    after = applied(build_plan(BY_FILE, host()), host())
    plan = build_plan(VERIFIED, after, ("backup",))
    assert "relay_recipient_maps" not in main(plan)
    assert VERIFIES in main(plan)["smtpd_recipient_restrictions"]
    assert any(f"`rm {BACKUP_RECIPIENTS}*`" in one for one in plan.warnings)
    back = build_plan(BY_FILE, applied(plan, after), ("backup",))
    assert text(back, MAIN_CF) == after.text(MAIN_CF)


def test_domains_and_servers_come_and_go() -> None:
    after = applied(build_plan(BY_FILE, host()), host())
    one = replace(BY_FILE, backup=Backup(("taro.example", "jiro.example"), "mail.jiro.example"))
    found = main(build_plan(one, after, ("backup",)))
    assert found["relay_domains"] == "jiro.example, taro.example"
    assert found["transport_maps"].startswith("inline:{taro.example=relay:[mail.jiro.example],")
    after = applied(build_plan(PRIMARYS, host()), host())
    found = main(build_plan(answers(servers=("203.0.113.9",)), after, ("backup",)))
    assert found["smtpd_client_event_limit_exceptions"] == "$mynetworks, 203.0.113.9"
    assert "check_client_access inline:{203.0.113.9=OK}" in found["smtpd_recipient_restrictions"]
    assert "198.51.100.25" not in found["smtpd_recipient_restrictions"]


OTHERS = (
    "relay_domains = other.example,",
    "    $mydestination",
    "transport_maps = hash:/etc/postfix/transport",
    "relay_recipient_maps = hash:/etc/postfix/relay_recipients",
    "smtpd_client_event_limit_exceptions = $mynetworks 192.0.2.9",
    "address_verify_map = btree:/var/lib/postfix/known",
)


def test_words_of_others_stay_and_are_shown() -> None:
    before = replace(with_line(SET_UP, *OTHERS), backup=BackupFacts(PEOPLE))
    both = replace(BY_FILE, backup=replace(BY_FILE.backup, servers=("198.51.100.25",)))
    plan = build_plan(both, before, ("backup",))
    found = main(plan)
    assert found["relay_domains"] == "other.example, $mydestination, hana.example, taro.example"
    assert found["transport_maps"] == f"hash:/etc/postfix/transport, {INLINE}"
    assert found["relay_recipient_maps"] == (
        f"hash:/etc/postfix/relay_recipients, hash:{BACKUP_RECIPIENTS}"
    )
    assert found["smtpd_client_event_limit_exceptions"] == "$mynetworks 192.0.2.9 198.51.100.25"
    assert any("relay_domains has other.example too: it stays" in one for one in plan.warnings)
    off = build_plan(ZEKE, applied(plan, before), ("backup",))
    assert own_parameters(text(off, MAIN_CF)) == own_parameters(before.text(MAIN_CF))


def test_a_row_of_another_table_is_shown() -> None:
    away = {"hana.example": "smtp:[192.0.2.1]"}
    before = replace(with_line(SET_UP, OTHERS[2]), backup=BackupFacts(PEOPLE, "", away))
    (said,) = (one for one in build_plan(BY_FILE, before).warnings if "comes first" in one)
    assert "sends mail for hana.example to smtp:[192.0.2.1]" in said


@pytest.mark.parametrize(
    ("lines", "wanted", "why"),
    [
        (OTHERS[:2], BY_FILE, "relay_domains has other.example too, and no relay_recipient_maps"),
        (OTHERS[3:4], VERIFIED, "is another table, and Postfix refuses all recipients"),
        (
            ("smtpd_recipient_restrictions = reject_unknown_sender_domain",),
            VERIFIED,
            "has no safe place for `check_recipient_access",
        ),
        (
            ("smtpd_recipient_restrictions = reject_unknown_sender_domain",),
            PRIMARYS,
            "has no safe place for `check_client_access",
        ),
    ],
)
def test_what_would_refuse_or_relay_others_mail_is_an_obstacle(
    lines: tuple[str, ...], wanted: Answers, why: str
) -> None:
    before = replace(with_line(SET_UP, *lines), backup=BackupFacts(PEOPLE))
    plan = build_plan(wanted, before, ("backup",))
    assert [why in one.message for one in plan.obstacles] == [True]
    assert text(plan, MAIN_CF) == before.text(MAIN_CF) or why.startswith("has no safe")


def test_a_file_that_cannot_be_used_is_an_obstacle() -> None:
    plan = build_plan(BY_FILE, host((), problem=f"{FILE}, line 2: x is no mail address"))
    (problem,) = plan.obstacles
    assert (problem.section, problem.name) == ("backup", "recipients")
    assert "line 2: x" in problem.message
    assert "relay_domains" not in main(plan)


def test_a_backup_in_mynetworks_is_shown() -> None:
    networks = replace(ZEKE.networks, mynetworks=("198.51.100.0/24", "127.0.0.0/8"))
    plan = build_plan(replace(PRIMARYS, networks=networks), host())
    assert any("198.51.100.25 is in mynetworks" in one for one in plan.warnings)


def test_a_primary_that_is_this_host_by_address_is_excluded() -> None:
    before = replace(FRESH, network=replace(FRESH.network, addresses=("192.0.2.7",)))
    wrong = replace(BY_FILE, backup=replace(BY_FILE.backup, primary="192.0.2.7"))
    assert any(
        "is an address of this host" in one.message for one in build_plan(wrong, before).obstacles
    )


def test_el10_has_tables_of_its_own_type() -> None:
    new = replace(FRESH.postfix, version="3.8.5", default_database_type="lmdb")
    before = replace(host(), postfix=new)
    assert main(build_plan(BY_FILE, before))["relay_recipient_maps"] == f"lmdb:{BACKUP_RECIPIENTS}"
    found = main(build_plan(VERIFIED, before))
    assert found["address_verify_map"] == "lmdb:$data_directory/verify_cache"


def test_master_cf_never_changes() -> None:
    for wanted in (BY_FILE, VERIFIED, PRIMARYS):
        plan = build_plan(wanted, host())
        assert text(plan, MASTER_CF) == text(build_plan(ZEKE, host()), MASTER_CF)
