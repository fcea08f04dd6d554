"""The rules of `check` about smtpd's entries, applied to what a plan leaves in master.cf."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.corpus import host_of
from tests.unit.plan.live import chosen
from wizard.check.before_run import warnings
from wizard.check.postfix.master_cf import judge_entries
from wizard.door import Door
from wizard.finding import RIGHT, WRONG
from wizard.host.read import read_host
from wizard.make_plan import make_plan
from wizard.plan.choices import Choices
from wizard.plan.report import as_json, notes
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings
from wizard.run.paths import Places
from wizard.sections.registry import NEEDS

RELAY = "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"
MAIN = {
    "mydestination": "example.com",
    "smtpd_relay_restrictions": RELAY,
    "smtpd_recipient_restrictions": RELAY,
    "smtpd_tls_security_level": "may",
}
USERS = (
    "-o smtpd_sasl_auth_enable=yes -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject"
)
SMTP = "smtp inet n - n - - smtpd"
SUBMISSION = f"submission inet n - n - - smtpd -o smtpd_tls_security_level=encrypt {USERS}"
SMTPS = f"smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes {USERS}"
POSTSCREEN = "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd"


def master(
    smtp: str = SMTP, submission: str = SUBMISSION, smtps: str = SMTPS, more: str = ""
) -> str:
    return f"{smtp}\n{submission}\n{smtps}\n{more}\n"


HARM = {
    "logins on 25": (master(f"{SMTP} -o smtpd_sasl_auth_enable=yes"), "port 25: smtpd_sasl_auth_"),
    "on 25 by its number": (
        master(f"192.0.2.1:25{SMTP[4:]} -o smtpd_sasl_auth_enable=yes"),
        "port 25: smtpd_sasl_auth_enable=yes",
    ),
    "on one of two addresses": (
        master(f"192.0.2.1:25{SMTP[4:]} -o smtpd_sasl_auth_enable=yes\n192.0.2.2:25{SMTP[4:]}"),
        "port 25: 192.0.2.1:25: smtpd_sasl_auth_enable=yes",
    ),
    "behind postscreen": (
        master(f"{POSTSCREEN} -o smtpd_sasl_auth_enable=yes"),
        "port 25: smtpd_sasl_auth_enable=yes",
    ),
    "TLS at once on 25": (master(f"{SMTP} -o smtpd_tls_wrappermode=yes"), "expects a greeting"),
    "TLS at once on 587": (
        master(submission=f"{SUBMISSION} -o smtpd_tls_wrappermode=yes"),
        "port 587: smtpd_tls_wrappermode=yes",
    ),
    "TLS at once, in braces": (
        master(submission=f"587{SUBMISSION[10:]} -o {{ smtpd_tls_wrappermode =\n yes }}"),
        "expects a greeting",
    ),
    "TLS always on 25": (master(f"{SMTP} -o smtpd_tls_security_level=encrypt"), "RFC 3207"),
    "TLS always, the old name": (
        master(f"{SMTP} -o smtpd_tls_security_level= -o smtpd_enforce_tls=yes"),
        "smtpd_enforce_tls=yes: other mail servers without TLS cannot deliver",
    ),
    "no TLS on 465": (master(smtps=f"{SMTPS} -o smtpd_tls_security_level=none"), "contradicts TLS"),
    "no TLS on 465 by its number": (
        master(smtps=f"465{SMTPS[5:]} -o smtpd_tls_security_level=none"),
        "contradicts TLS",
    ),
    "plain text on 587": (
        master(submission=SUBMISSION.replace("encrypt", "none")),
        "port 587: smtpd_tls_security_level=none",
    ),
    "users only on 25": (
        master(f"{SMTP} -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject"),
        "refuses the mail of other servers",
    ),
    "own clients only": (
        master(f"{SMTP} -o smtpd_client_restrictions=permit_mynetworks,reject"),
        "refuses the mail of other servers",
    ),
    "another list": (
        master(f"{SMTP} -o smtpd_recipient_restrictions=reject_unauth_destination"),
        "is not used there",
    ),
    "the world relays": (master(more=f"2525{SMTP[4:]} -o mynetworks=0.0.0.0/0"), "2525 relays for"),
    "the world of IPv6": (
        master(f"{SMTP} -o mynetworks=127.0.0.0/8,[::]/0"),
        "everybody may send to anyone",
    ),
    "permit on another port": (
        master(
            more=f"2525{SMTP[4:]} -o smtpd_relay_restrictions=permit"
            " -o smtpd_recipient_restrictions=permit_mynetworks"
        ),
        "2525 relays for everybody",
    ),
    "a misspelt list": (
        master(f"{SMTP} -o smtpd_helo_restrictions=reject_unknown_helo_hostnam"),
        "smtp: smtpd_helo_restrictions has reject_unknown_helo_hostnam",
    ),
    "a blocklist before the login": (
        master(
            submission=f"{SUBMISSION} -o {{ smtpd_client_restrictions = reject_rbl_client bl.example }}"
        ),
        "reject_rbl_client bl.example before permit_sasl_authenticated",
    ),
    "clients that say who they are": (
        master(f"{SMTP} -o smtpd_authorized_xclient_hosts=static:all"),
        "strangers may say whose connection it is",
    ),
    "a certificate of each client": (
        master(submission=f"{SUBMISSION} -o smtpd_tls_req_ccert=yes"),
        "clients without a certificate",
    ),
    "a port twice": (master(more=SUBMISSION), "only the last counts"),
    "one process": (master(SMTP.replace("- - smtpd", "- 1 smtpd")), "too few for smtp"),
    "postscreen without smtpd": (master(POSTSCREEN.partition("\n")[0]), "and no smtpd/pass"),
}
NO_HARM = {
    "a whole server": master(),
    "what main.cf says, once more": master(
        f"{SMTP} -o smtpd_sasl_auth_enable=no -o smtpd_tls_security_level=may"
    ),
    "postscreen's own option": master(
        POSTSCREEN.replace("postscreen\n", "postscreen -o smtpd_sasl_auth_enable=yes\n")
    ),
    "an old name that a level replaces": master(f"{SMTP} -o smtpd_enforce_tls=yes"),
    "users only, by another list": master(
        submission=f"{SUBMISSION} -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
    ),
    "the way back from a filter": master(
        more="127.0.0.1:10025 inet n - n - - smtpd -o mynetworks=0.0.0.0/0 -o smtpd_relay_restrictions=permit"
    ),
    "permit, and another list refuses": master(
        submission=f"{SUBMISSION} -o smtpd_relay_restrictions=permit"
    ),
    "the client": master(more="out unix - - n - - smtp -o smtp_tls_wrappermode=yes"),
    "a comment within an entry": master(
        f"{SMTP}\n# -o syslog_name=postfix/25\n  -o syslog_name=in"
    ),
}


def said(text: str, root: Path) -> list[str]:
    return list(warnings(Settings(MAIN), MasterCf.parse(text.encode()).services, Door(root)))


@pytest.mark.parametrize(("text", "why"), HARM.values(), ids=HARM)
def test_what_check_would_report_is_said_before_the_run(
    text: str, why: str, tmp_path: Path
) -> None:
    found = said(text, tmp_path)
    assert any(why in one for one in found), found
    assert all(one.startswith("After this run, ") for one in found)


@pytest.mark.parametrize("text", NO_HARM.values(), ids=NO_HARM)
def test_what_does_no_harm_is_not_said(text: str, tmp_path: Path) -> None:
    assert said(text, tmp_path) == []


def test_what_is_wrong_comes_before_what_is_a_warning(tmp_path: Path) -> None:
    text = master(SMTP.replace("- - smtpd", "- 1 smtpd") + " -o smtpd_tls_wrappermode=yes")
    first, second = said(text, tmp_path)
    assert "wrappermode" in first
    assert "too few" in second


@pytest.mark.parametrize(
    "name",
    [
        *("logins on 25", "on one of two addresses", "TLS at once on 25", "TLS at once on 587"),
        *("TLS always, the old name", "own clients only", "the world of IPv6"),
    ],
)
def test_check_has_the_same_rules(name: str) -> None:
    services = MasterCf.parse(HARM[name][0].encode()).services
    options = {one.key: one.values for one in services}
    found = list(judge_entries(services, options, Settings(MAIN)))
    assert [one.verdict for one in found if one.verdict != RIGHT] == [WRONG]


COMMENTED = {
    "submission": f"{SMTP}\n#submission inet n - n - - smtpd\n  {USERS}\n",
    "smtps": f"{SMTP}\n#smtps inet n - n - - smtpd\n  -o syslog_name=postfix/smtps\n  {USERS}\n",
    "submissions, without a label": f"{SMTP}\n#submissions inet n - y - - smtpd\n\t{USERS}\n",
    "2525, below more comments": f"{SMTP}\n# More:\n#2525 inet n - n - - smtpd\n# -o a=b\n  {USERS}\n",
}


@pytest.mark.parametrize(("text"), COMMENTED.values(), ids=COMMENTED)
def test_lines_below_a_commented_entry_are_of_the_entry_above(text: str, tmp_path: Path) -> None:
    found = said(text, tmp_path)
    assert any("port 25: smtpd_sasl_auth_enable=yes" in one for one in found)
    name = text.partition("inet n - n - - smtpd\n#")[2].split("#")[-1].split()[0]
    name = "2525" if "2525" in text else name
    assert any(
        f"{name} is commented out, and lines below it belong to smtp" in one for one in found
    )


def test_the_plan_has_them_and_its_json(tmp_path: Path) -> None:
    host_of("another-tools-header", tmp_path)
    text = master(
        f"{SMTP} -o smtpd_sasl_auth_enable=yes", more=f"2525{SMTP[4:]} -o mynetworks=0.0.0.0/0"
    )
    (tmp_path / "etc/postfix/master.cf").write_text(text)
    door = Door(tmp_path)
    host = read_host(door, NEEDS)
    places = Places(*(tmp_path / name for name in ("state", "run", "etc/answers.toml")))

    def plan_of(*sections: str) -> list[str]:
        plan = make_plan(
            door, places, chosen("limits", {}), host, sections=sections, choices=Choices()
        )
        listed = json.loads(json.dumps(as_json(plan)))["warnings"]
        assert all(f"Warning: {one}" in notes(plan) for one in listed)
        return [one for one in listed if one.startswith("After this run")]

    for found in (plan_of(), plan_of("policy")):
        assert any("port 25: smtpd_sasl_auth_enable=yes" in one for one in found)
        assert any("2525 relays for everybody" in one for one in found)
    assert plan_of("limits") == []
