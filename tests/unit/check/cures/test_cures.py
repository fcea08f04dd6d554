"""What ends a finding: literal commands, tied to the plan and to the neighbours; or the reason for none."""

from __future__ import annotations

import json
import re

import pytest

from tests.factories import ROOT
from tests.unit.check.cures.made import LIST, PLANNED, commands, known, wrong
from wizard.check.cures.advise import advised
from wizard.check.cures.entries import SAFE
from wizard.check.cures.known import Known
from wizard.check.cures.rules import RULES, cure_of
from wizard.check.cures.without import NEVER, SOMETIMES, reason_for
from wizard.check.cures.words import RELOAD, RESTART, is_free
from wizard.check.network.firewall import judge_firewall
from wizard.check.postfix.restrictions import LISTS
from wizard.check.report import as_data, as_table
from wizard.check.silent.judge import ROWS
from wizard.finding import NO_CURE, RIGHT, UNKNOWN, WARNING, WRONG, Cure, Edit, Finding, cure
from wizard.postfix.hazards import HAZARDS
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings


def test_a_parameter_goes_back_to_the_plan_and_not_to_the_default() -> None:
    facts = known({"relayhost": "[127.0.0.1]", "soft_bounce": "yes"}, {"relayhost": "[a.example]"})
    assert commands(wrong("parameters.relayhost"), facts) == [
        "postconf -e relayhost=[a.example]",
        " ".join(RELOAD),
    ]
    assert commands(wrong("parameters.soft_bounce"), facts) == [
        "postconf -X soft_bounce",
        " ".join(RELOAD),
    ]


def test_what_is_as_planned_is_not_set_again() -> None:
    facts = known({"smtpd_banner": "x,  y"}, {"smtpd_banner": "x y"})
    assert commands(wrong("main.cf.smtpd_banner"), facts) == []


def test_only_some_parameters_need_a_restart() -> None:
    facts = known({}, {"inet_interfaces": "all", "smtpd_banner": "b"})
    assert cure_of(wrong("main.cf.inet_interfaces"), facts).commands[-1] == RESTART
    assert cure_of(wrong("main.cf.smtpd_banner"), facts).commands[-1] == RELOAD


def test_a_value_with_shell_words_stays_one_argument() -> None:
    value = "$(reboot) `x` {{y}} -o z; \"'"
    facts = known({}, {"smtpd_banner": value})
    found = cure_of(wrong("main.cf.smtpd_banner"), facts)
    assert found.commands[0] == ("postconf", "-e", f"smtpd_banner={value}")


@pytest.mark.parametrize(
    "name",
    ["virtual_alias_maps", "mydestination", "relay_domains", "mynetworks", LIST, "smtpd_milters"],
)
def test_what_the_operator_decides_has_no_default_in_its_place(name: str) -> None:
    assert not is_free(name)
    facts = known({name: "x"})
    assert cure_of(wrong("smtp.25.users", f"because of {name}"), facts) == NO_CURE


def test_an_option_of_a_port_goes_out_of_that_port_alone() -> None:
    facts = known({})
    finding = wrong("smtp.587.tls", "ended", "Take smtpd_tls_req_ccert out (master.cf).")
    assert commands(finding, facts) == [
        "postconf -PX submission/inet/smtpd_tls_req_ccert",
        " ".join(RELOAD),
    ]
    assert commands(wrong("smtp.465.tls", finding.seen, finding.advice), facts) == []
    # What the port must have is written by a run, if there are answers for one.
    level = wrong("smtp.587.tls", "x", "Set smtpd_tls_security_level.")
    assert commands(level, facts) == []
    assert "--take-planned" in cure_of(level, known({}, can_apply=True)).commands[0]


def test_the_reply_names_the_list() -> None:
    facts = known({"smtpd_helo_restrictions": "reject"})
    seen = "554 5.7.1 <x>: Helo command rejected: Access denied"
    assert commands(wrong("smtp.25.users", seen), facts)[0] == "postconf -X smtpd_helo_restrictions"


@pytest.mark.parametrize("name", ["path.others", "relay.tls", "delivery.lmtp", "queue.deferred"])
@pytest.mark.parametrize("reply", ["554 5.7.1 ", "220-", "451 "])
def test_another_server_decides_no_cure(name: str, reply: str) -> None:
    facts = known({"smtp_tls_security_level": "encrypt", "smtpd_client_restrictions": "reject"})
    says = f"[192.0.2.1]:25: {reply}Take smtp_tls_security_level out: Client host rejected: Access denied"
    assert commands(wrong(name, says), facts) == []
    ours = wrong(name, f"smtp_tls_security_level: {says}")
    assert (name == "queue.deferred") or commands(ours, facts) != []


def test_columns_and_entries_of_master_cf() -> None:
    facts = known({})
    assert commands(wrong("master.cf.chroot", "2525, and no /x"), facts)[0] == (
        "postconf -F 2525/inet/chroot=n"
    )
    assert commands(wrong("master.cf.processes", "too few for submission"), facts)[0] == (
        "postconf -F submission/inet/process_limit=-"
    )
    assert commands(wrong("master.cf.pickup"), facts)[0] == (
        "postconf -M pickup/unix=pickup unix n - n 60 1 pickup"
    )
    assert commands(wrong("master.cf.others", "2525 relays for everybody"), facts)[:2] == [
        "postconf -PX 2525/inet/mynetworks",
        f"postconf -P 2525/inet/{SAFE}",
    ]


def test_the_entry_that_counts_stays() -> None:
    text = b"smtp inet n - n - - smtpd\n25 inet n - n - - smtpd\nx unix - - n - - pipe -a\nx unix - - n - - pipe\n"
    facts = Known(Settings({}), tuple(MasterCf.parse(text).services))
    assert commands(wrong("master.cf.twice", "smtp, 25, x, x"), facts) == [
        "postconf -M# smtp/inet",
        "postconf -M# x/unix",
        "postconf -M x/unix=x unix - - n - - pipe",
        " ".join(RELOAD),
    ]


@pytest.mark.parametrize(
    ("name", "seen", "own", "first"),
    [
        (
            "restrictions.names",
            f"{LIST} has reject_unkown",
            {LIST: f"reject_unkown, {PLANNED}"},
            f"postconf -e {LIST}={PLANNED}",
        ),
        (
            "restrictions.order",
            f"{LIST}: nothing behind `reject` is ever looked at",
            {LIST: f"reject, {PLANNED}"},
            f"postconf -e {LIST}={PLANNED}",
        ),
        (
            "restrictions.order",
            f"{LIST}: check_sender_access static:OK permits strangers",
            {LIST: f"check_sender_access static:OK, {PLANNED}"},
            f"postconf -e {LIST}={PLANNED}",
        ),
        (
            "networks.trusted",
            "198.18.0.0/15 (of /etc/nets): 131,072 addresses",
            {"mynetworks": "127.0.0.0/8, /etc/nets"},
            "postconf -e mynetworks=127.0.0.0/8",
        ),
    ],
)
def test_an_item_goes_out_of_its_list(
    name: str, seen: str, own: dict[str, str], first: str
) -> None:
    assert commands(wrong(name, seen), known(own))[0] == first


def test_relaying_is_never_left_without_a_rule() -> None:
    facts = known({LIST: "permit", "smtpd_relay_restrictions": "permit"})
    seen = f"{LIST}: permit permits strangers; smtpd_relay_restrictions: permit permits strangers"
    assert commands(wrong("restrictions.order", seen), facts)[-2].endswith(
        "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"
    )


def test_a_list_is_never_emptied() -> None:
    assert (
        commands(
            wrong("networks.trusted", "0.0.0.0/0: 5 addresses"), known({"mynetworks": "0.0.0.0/0"})
        )
        == []
    )


def test_what_follows_has_the_cure_of_its_cause_and_is_shown_below_it() -> None:
    facts = known({"soft_bounce": "yes"})
    findings = (
        wrong("smtp.25.users", "450", "See soft_bounce."),
        wrong("port.25", verdict=RIGHT),
        wrong("parameters.soft_bounce", "yes", "Set it."),
    )
    effect, right, cause = advised(findings, facts)
    assert (effect.follows, right.follows, cause.follows) == ("parameters.soft_bounce", "", "")
    assert effect.cure == cause.cure
    assert right.cure == NO_CURE
    lines = as_table((effect, right, cause)).splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("WRONG", "right"))] == [
        "right",
        "WRONG",
        "WRONG",
    ]
    assert "It follows from parameters.soft_bounce." in lines[-3]
    assert "$ postconf -X soft_bounce" in "\n".join(lines)


def test_all_fall_with_a_stopped_postfix() -> None:
    stopped = Finding(
        "unit.active",
        "u",
        "failed",
        "active",
        WRONG,
        "Run it.",
        cure=cure("systemctl start postfix"),
    )
    effect, _ = advised((wrong("smtp.25.banner"), stopped), known({}))
    assert effect.follows == "unit.active"


@pytest.mark.parametrize(
    ("advice", "whole"),
    [
        ("x.timer is masked: `systemctl unmask x.timer`, `systemctl enable --now x.timer`.",
         ["systemctl unmask x.timer", "systemctl enable --now x.timer"]),
        ("`dnf install openssl`, or `rm -rf /`; `chmod 755 /a b`, `chmod 755 /a;b`.",
         []),
        ("`systemctl reload -H x`, `systemctl cat x`", []),
        ("`postfix-wizard apply --section dns`", []),
    ],
)  # fmt: skip
def test_commands_of_the_advice_that_are_whole(advice: str, whole: list[str]) -> None:
    assert commands(wrong("certificate.renewal", advice=advice), known({})) == whole


def test_a_table_that_is_not_there_is_not_asked_and_its_refusals_follow() -> None:
    facts = known({LIST: f"{PLANNED}, check_sender_access hash:/etc/x"})
    table = wrong("tables", "hash:/etc/x: open database /etc/x.db: No such file", f"See {LIST}.")
    effect, found = advised(
        (wrong("smtp.25.users", "451 4.3.5 <x>: Server configuration error"), table), facts
    )
    assert found.cure.commands[0] == ("postconf", "-e", f"{LIST}={PLANNED}")
    assert effect.follows == "tables"


def test_the_port_that_nobody_listens_on_explains_its_sessions() -> None:
    findings = (
        wrong("port.25", "nobody listens"),
        wrong("smtp.25.banner", "connection refused"),
        wrong("master.cf.25", "no active entry"),
    )
    facts = Known(Settings({}))
    port, banner, entry = advised(findings, facts)
    assert entry.cure.commands[0] == ("postconf", "-M", "smtp/inet=smtp inet n - n - - smtpd")
    assert (port.follows, banner.follows) == ("master.cf.25", "master.cf.25")
    assert banner.cure == entry.cure


def test_a_missing_transport_of_postfix_comes_back() -> None:
    finding = wrong("transport.local_transport", "master.cf has no local")
    assert commands(finding, known({}))[0] == "postconf -M local/unix=local unix - n n - - local"
    other = wrong("transport.default_transport", "master.cf has no mine")
    assert (
        commands(other, known({"default_transport": "mine"}))[0] == "postconf -X default_transport"
    )


def late(name: str) -> Finding:
    return Finding(name, name, "not known: greeting: no answer within 2 s", "", UNKNOWN, "")


def test_a_program_that_dies_is_throttled_so_that_only_a_restart_helps() -> None:
    facts = known({"soft_bounce": "yes"})
    findings = (wrong("parameters.soft_bounce"), late("smtp.587.banner"))
    assert advised(findings[:1], facts)[0].cure.commands[-1] == RELOAD
    assert advised(findings, facts)[0].cure.commands[-1] == RESTART
    # Others than this host are no reason.
    assert advised((findings[0], late("outbound.25")), facts)[0].cure.commands[-1] == RELOAD


def test_no_command_has_a_key() -> None:
    zone = "abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net"
    own = {LIST: f"reject_unkown, {PLANNED}, reject_rbl_client {zone}"}
    finding = wrong("restrictions.names", f"{LIST} has reject_unkown")
    (found,) = advised((finding,), known(own))
    assert not found.cure
    assert "key" in found.cure.reason
    (applied,) = advised((finding,), known(own, can_apply=True))
    assert applied.cure.commands[0][:2] == ("postfix-wizard", "apply")


def test_a_command_that_is_only_the_end_of_the_advice_is_no_cure() -> None:
    advice = "Correct it in /etc/aliases, then `newaliases`."
    assert commands(wrong("aliases.rows", "x leads to nobody", advice), known({})) == []
    seen = "staff in /etc/aliases: anybody may write /srv/staff"
    assert commands(wrong("aliases.rows", seen, advice), known({})) == ["chmod go-w /srv/staff"]
    waits = wrong("queue.waits", advice="`postfix-wizard apply --section dovecot` does.")
    assert commands(waits, known({}, can_apply=True)) == []


def test_a_hook_that_certbot_does_not_run_is_not_written_anew() -> None:
    facts = known({}, can_apply=True)
    dead = wrong("certificate.hook", "x: its shell is not there")
    off = wrong("certificate.hook", "x: because of no-directory-hooks in /etc/cli.ini")
    assert "--section policy" in commands(dead, facts)[0]
    assert commands(off, facts) == []


def test_what_has_no_cure_has_a_reason() -> None:
    (finding,) = advised((wrong("queue.hold", verdict=WARNING),), known({}))
    assert finding.cure == Cure(reason=NEVER["queue.hold"])
    assert not finding.cure
    assert reason_for("blocklist.spamcop.own", can_apply=True) == NEVER["blocklist.NAME.own"]
    assert reason_for("dns.ptr.2001:db8::1", can_apply=True) == NEVER["dns.ptr"]
    assert reason_for("hardening", can_apply=False).startswith("no saved answers")


def test_the_json_has_the_cure() -> None:
    edit = Edit("/etc/x.conf", "", "[Service]\n")
    finding = Finding("a", "b", "c", "d", WRONG, "e", cure=cure("postfix reload", edits=(edit,)))
    (told,) = json.loads(json.dumps(as_data((finding,))))["findings"]
    assert told["cure"] == {
        "commands": [["postfix", "reload"]],
        "edits": [{"path": "/etc/x.conf", "old": "", "new": "[Service]\n"}],
        "reason": "",
    }


def test_a_command_is_shown_whole_or_not_at_all() -> None:
    long = Cure((("postconf", "-e", "x=" + "y " * 200),))
    finding = Finding("a", "b", "c", "d", WRONG, "e", cure=long)
    table = as_table((finding,))
    assert "y y y" not in table
    assert "$ postconf ... (`check --json` has it whole)" in table
    assert max(map(len, table.splitlines())) <= 80
    odd = Finding("a", "b", "c", "d", WRONG, "e", cure=Cure((("chmod", "600", "/a\x1b[2J b"),)))
    assert "\x1b" not in as_table((odd,))


FORBIDDEN = re.compile(
    r"\b(rm|rmdir|shred|postsuper|mkfs|dd|truncate|userdel)\b|-delete|permit\b(?!_)|0\.0\.0\.0/0"
)


def test_no_rule_destroys_or_opens() -> None:
    """Each rule with each parameter that a check judges, set by hand to something."""
    names = {*(one.name for one in ROWS), *(one.name for one in HAZARDS)}
    facts = known(dict.fromkeys(names, "x"), can_apply=True)
    ids = [f"parameters.{name}" for name in names] + [
        "smtp.25.users",
        "master.cf.others",
        "hardening",
    ]
    for name in ids:
        for argv in cure_of(wrong(name, "2525 relays for everybody"), facts).commands:
            assert not FORBIDDEN.search(" ".join(argv)), argv


def test_each_parameter_that_stops_mail_has_a_cure() -> None:
    names = {*(one.name for one in ROWS), *(one.name for one in HAZARDS)}
    facts = known(dict.fromkeys(names, "x"))
    lacking = {name for name in names if not cure_of(wrong(f"parameters.{name}"), facts)}
    # Owners of addresses, users and names are the operator's to say.
    assert lacking - set(LISTS) == {"myhostname", "mydomain", "myorigin", "virtual_uid_maps"}


def test_the_cure_of_a_closed_port_is_its_advice() -> None:
    from wizard.host.firewall_facts import Firewall, Zone  # noqa: PLC0415

    zone = Zone("public", runtime=frozenset({"smtp"}), permanent=frozenset())
    firewall = Firewall(state="running", zones=(zone,))
    for finding in judge_firewall(firewall, "", "public"):
        for argv in finding.cure.commands:
            assert f"`{' '.join(argv)}`" in finding.advice


def _ids_in_docs() -> set[str]:
    """Return the IDs of docs/json.md; `.x` is short for what the ID before it begins with."""
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    text = page[page.index("### The IDs of findings") :].split("\n## ")[0]
    found: set[str] = set()
    head = ""
    for name in re.findall(r"`([a-z.][A-Za-z0-9_.-]+)`", text):
        full = f"{head}{name}" if name.startswith(".") else name
        head = head if name.startswith(".") else name.partition(".")[0]
        found.add(full)
    return {one for one in found if not one.startswith(("findings", "smtp.25.banner"))}


def test_at_most_15_percent_have_no_cure() -> None:
    """Counted by the kinds of docs/json.md, each kind once, however many parameters it has."""
    kinds = _ids_in_docs()
    assert len(kinds) > 90
    assert len(NEVER) / len(kinds) <= 0.15, (len(NEVER), len(kinds))


def test_the_page_lists_what_has_no_cure() -> None:
    page = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
    part = page[page.index("## Findings without a cure") :].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", part, re.MULTILINE)
    assert rows == [*NEVER.items(), *SOMETIMES.items()]


def test_no_pattern_is_hidden_by_an_earlier_one() -> None:
    """A rule counts for the first pattern that fits, so a plain ID must come before its kind."""
    plain = [
        (at, one.replace("\\", ""))
        for at, (one, _) in enumerate(RULES)
        if re.fullmatch(r"[\w\\.-]+", one)
    ]
    for at, name in plain:
        assert not any(re.fullmatch(one, name) for one, _ in RULES[:at]), name


def test_newaliases_builds_what_alias_maps_names() -> None:
    """Postfix's own value of alias_database may be of a type that it lacks, as hash on EL10."""
    facts = known({"alias_maps": "lmdb:/etc/aliases nis:x", "alias_database": "lmdb:/etc/other"})
    assert cure_of(wrong("parameters.alias_database"), facts).commands == (
        ("postconf", "-e", "alias_database=lmdb:/etc/aliases"),
        ("newaliases",),
        ("systemctl", "reload-or-restart", "postfix"),
    )
