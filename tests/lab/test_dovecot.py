"""A Dovecot that the wizard made right, misconfigured by hand: `check` names each cause."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, accepting, apply, wizard
from tests.lab.program import BAD as BAD_ANSWERS
from wizard.paths import DOVECOT_CONF

pytestmark = pytest.mark.lab

BAD = {"wrong", "warning", "waits"}
LAST = "/etc/dovecot/conf.d/99-z.conf"
"""A file that is read after ours."""


@dataclass(frozen=True)
class Way:
    """What is done to a right Dovecot, and the findings that name it, with a word of what is seen."""

    script: str
    named: dict[str, str]


def written(line: str) -> str:
    """Write a line behind all others."""
    return f"printf '%s\\n' '{line}' >{LAST}"


def listener(service: str, name: str, line: str) -> str:
    return written(
        f"service {service} {{\n  unix_listener /var/spool/postfix/private/{name} {{\n    {line}\n  }}\n}}"
    )


WAYS_2_4 = {
    "the LMTP socket's owner": Way(
        listener("lmtp", "dovecot-lmtp", "user = root"), {"dovecot.lmtp-socket": "none that"}
    ),
    "the auth socket's mode": Way(
        listener("auth", "auth", "mode = 0400"), {"dovecot.auth-socket": "none that Postfix"}
    ),
    "no LMTP": Way(
        written("protocols {\n  lmtp = no\n}"), {"dovecot.protocols": "no lmtp among them"}
    ),
    "users with their domain": Way(
        written("protocol lmtp {\n  auth_username_format = %{user | lower}\n}"),
        {"dovecot.user-name": "%{user | lower}", "dovecot.recipient": "550 5.1.1"},
    ),
    "no mailbox": Way(
        written("mail_driver =\nmail_path =\nmail_inbox_path ="),
        {"dovecot.mailbox": "nothing says so"},
    ),
    "the syntax of 2.3": Way(
        written("mail_location = maildir:~/Maildir"), {"dovecot.config": "mail_location"}
    ),
    "the auth socket elsewhere": Way(
        f"sed -i 's|private/auth|private/auth-client|' {DOVECOT_CONF}",
        {"dovecot.auth-socket": "/var/spool/postfix/private/auth"},
    ),
    "passwords in the clear": Way(
        written("auth_allow_cleartext = yes"), {"dovecot.cleartext": "allowed"}
    ),
    "no certificate": Way(
        written("ssl_server_cert_file = /etc/letsencrypt/live/zeke.jp/none.pem"),
        {"dovecot.tls": "/etc/letsencrypt/live/zeke.jp/none.pem is not there"},
    ),
    "stopped": Way("systemctl stop dovecot", {"dovecot.runs": "inactive"}),
    "unknown users": Way(
        "sed -i 's|^!include auth-system|#&|' /etc/dovecot/conf.d/10-auth.conf;"
        ": >/etc/dovecot/nobody;"
        + written(
            "passdb pam {\n}\nuserdb passwd-file {\n  passwd_file_path = /etc/dovecot/nobody\n}"
        ),
        {"dovecot.recipient": "550 5.1.1"},
    ),
}
WAYS_2_3 = {
    "users with their domain": Way(
        written("auth_username_format = %Lu"),
        {"dovecot.user-name": "%Lu", "dovecot.recipient": "550 5.1.1"},
    ),
    "no mailbox": Way(written("mail_location ="), {"dovecot.mailbox": "nothing says so"}),
    "the syntax of 2.4": Way(
        written("mail_driver = maildir"), {"dovecot.config": "Unknown setting: mail_driver"}
    ),
    "no certificate": Way(
        written("ssl_cert = </etc/letsencrypt/live/zeke.jp/none.pem"),
        {"dovecot.tls": "none.pem is not there"},
    ),
}
WAYS = {"el9": WAYS_2_3, "el10": WAYS_2_4}
RESTART = "systemctl reset-failed dovecot; systemctl restart dovecot"
PUT_BACK = "rm -rf /etc/dovecot; cp -a /root/right /etc/dovecot"


def dovecots(host: Host) -> dict[str, tuple[str, str]]:
    """What `check` finds wrong of Dovecot: verdict and what is seen, by id.

    People log in by their bare names here, as the policy has it, and that is a warning of its own.
    """
    told = json.loads(host.run([PROGRAM, "check", "--json"]).stdout)["findings"]
    return {
        one["id"]: (one["verdict"], one["seen"])
        for one in told
        if one["id"].startswith("dovecot.") and one["verdict"] in BAD
        if one["id"] != "dovecot.names"
    }


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_each_cause_is_named(suite: str, boot_host: BootHost) -> None:
    """One host, broken and put back again and again; right at the beginning and at the end."""
    host = boot_host(suite=suite, pyz=PYZ)
    host.unmask_dovecot()
    host.write(ANSWERS, f'{ZEKE}\n[dovecot]\nconf = "write"\n', 0o600)
    # A file that is read after ours has the last word: that is found before anything is written.
    host.write("/etc/dovecot/local.conf", "ssl = no\n")
    # Debian's Dovecot says mbox from the start; EL's says nothing.
    code, said = apply(host)
    assert (code, "Dovecot keeps mail in mbox:~/mail" in said) == (BAD_ANSWERS, True), said
    code, said = apply(host, *accepting(said))
    assert (code, "still lack tls" in said) == (1, True), said
    assert host.run(["ls", DOVECOT_CONF]).returncode != 0
    host.run(["rm", "/etc/dovecot/local.conf"], check=True)
    code, said = wizard(host, "resume", "--yes")
    assert code == 0, said
    host.run(["cp", "-a", "/etc/dovecot", "/root/right"], check=True)
    assert dovecots(host) == {}
    missed = {}
    for name, way in WAYS[suite].items():
        script = way.script if "systemctl" in way.script else f"{way.script}\n{RESTART} || :"
        host.run(["bash", "-c", script], check=True)
        found = dovecots(host)
        if not all(word in found.get(key, ("", ""))[1] for key, word in way.named.items()):
            missed[name] = found
        host.run(["bash", "-c", f"{PUT_BACK}\n{RESTART}"], check=True)
    assert missed == {}
    assert dovecots(host) == {}
