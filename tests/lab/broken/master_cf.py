"""master.cf: who listens, with which options, and the services that all others need."""

from __future__ import annotations

from tests.lab.broken.way import MASTER, RELOAD, RESTART, Way, swap


def _without(name: str, finding: str = "") -> Way:
    return Way(
        f"grep -q '^{name} .*unix' {MASTER}; sed -i '/^{name} .*unix/s/^/#/' {MASTER}",
        {finding or f"master.cf.{name}": name},
    )


_ENCRYPT = "  -o smtpd_tls_security_level=encrypt"

WAYS = {
    "AUTH on 25 by an option": Way(
        "postconf -P smtp/inet/smtpd_sasl_auth_enable=yes",
        {"smtp.25.no-auth-tls": "master.cf", "master.cf.25": "smtp "},
    ),
    "TLS at once on 25 by an option": Way(
        "postconf -P smtp/inet/smtpd_tls_wrappermode=yes", {"master.cf.25": "-o lines"}
    ),
    "TLS at once on 587 by an option": Way(
        "postconf -P submission/inet/smtpd_tls_wrappermode=yes", {"master.cf.587": "-o lines"}
    ),
    "TLS demanded of all on 25, by the old name": Way(
        "postconf -P smtp/inet/smtpd_tls_security_level= smtp/inet/smtpd_enforce_tls=yes",
        {"master.cf.25": "-o lines"},
    ),
    "the list of 587 on 25": Way(
        "postconf -P 'smtp/inet/smtpd_client_restrictions=permit_mynetworks,reject'",
        {"master.cf.25": "-o lines"},
    ),
    "587 commented out, and its options not": Way(
        f"grep -q '^submission ' {MASTER}; sed -i 's/^submission /#&/' {MASTER}",
        {"master.cf.25": "-o lines", "master.cf.587": "Uncomment"},
        {"master.cf.comments": "before submission"},
    ),
    "465 commented out, and its options not": Way(
        f"grep -qE '^(smtps|submissions) ' {MASTER}; sed -i -E 's/^(smtps|submissions) /#&/' {MASTER}",
        {"master.cf.587": "-o lines", "master.cf.465": "Uncomment"},
        {"master.cf.comments": "before s"},
    ),
    "no submission": Way(
        "postconf -M# submission/inet", {"master.cf.587": "Uncomment", "port.587": "master.cf"}
    ),
    "465 without TLS at once": Way(
        swap("^  -o smtpd_tls_wrappermode=yes", "  -o smtpd_tls_wrappermode=no", MASTER),
        {"smtp.465.tls": "smtpd_tls_wrappermode", "master.cf.465": "-o lines"},
    ),
    "587 that takes plain text": Way(
        swap(f"^{_ENCRYPT}", "  -o smtpd_tls_security_level=may", MASTER),
        {"smtp.587.mail-plain": "encrypt", "master.cf.587": "-o lines"},
    ),
    "587 that knows nobody": Way(
        "postconf -PX submission/inet/smtpd_sasl_auth_enable",
        {"smtp.587.auth": "smtpd_sasl_auth_enable", "master.cf.587": "-o lines"},
    ),
    "587 with the list of 25": Way(
        "postconf -PX submission/inet/smtpd_recipient_restrictions",
        {"smtp.587.mail-without-auth": "permit_sasl_authenticated", "master.cf.587": "-o lines"},
    ),
    "a misspelt option": Way(
        swap(
            f"^{_ENCRYPT}",
            f"{_ENCRYPT}\\n  -o smtpd_client_conection_rate_limit=9",
            MASTER,
        ),
        {},
        {"main.cf.complaints": "correct the line"},
    ),
    "an option commented out": Way(
        f"grep -q '^{_ENCRYPT}' {MASTER}; sed -i '0,/^{_ENCRYPT}/s//#&/' {MASTER}",
        {"smtp.587.mail-plain": "encrypt", "master.cf.587": "-o lines"},
    ),
    "25 on loopback": Way(
        swap("^smtp      inet", "127.0.0.1:smtp inet", MASTER), {"port.25": "master.cf"}
    ),
    "25 on another port": Way(
        swap("^smtp      inet", "2525      inet", MASTER),
        {"port.25": "master.cf", "master.cf.25": "Uncomment"},
    ),
    "a second entry for submission": Way(
        f"printf 'submission inet n - n - - smtpd\\n' >>{MASTER}",
        {"master.cf.twice": "submission"},
    ),
    "postscreen with nobody behind it": Way(
        swap("^smtp .*inet .*smtpd$", "smtp inet n - n - 1 postscreen", MASTER),
        {"master.cf.25": "pass"},
    ),
    "a side door": Way(
        f"printf '2525 inet n - n - - smtpd -o smtpd_relay_restrictions=permit "
        f"-o smtpd_recipient_restrictions=permit\\n' >>{MASTER}",
        {"master.cf.others": "2525"},
    ),
    "a chroot with nothing in it": Way(
        swap("^smtp \\(.*\\)inet  n       -       n ", "smtp \\1inet  n       -       y ", MASTER)
        + "; rm -rf /var/spool/postfix/etc",
        {"master.cf.chroot": "/var/spool/postfix"},
    ),
    "a client in a chroot with nothing in it": Way(
        "postconf -F smtp/unix/chroot=y; rm -rf /var/spool/postfix/etc",
        {"master.cf.chroot": "/var/spool/postfix"},
    ),
    "chroots as before Postfix 3.0, with nothing in them": Way(
        swap("^compatibility_level.*", "compatibility_level = 0")
        + "; postconf -F smtp/inet/chroot=-; rm -rf /var/spool/postfix/etc",
        {"master.cf.chroot": "chroot to n"},
    ),
    "no tlsmgr": _without("tlsmgr"),
    "no local": _without("local", "transport.local_transport"),
    "no lmtp": _without("lmtp", "transport.mailbox_transport"),
    "no bounce": _without("bounce"),
    "passwords in plain text on 587": Way(
        swap(
            f"^{_ENCRYPT}",
            f"{_ENCRYPT}\\n  -o smtpd_tls_auth_only=no",
            MASTER,
        ),
        {},
        {"master.cf.587": "-o lines"},
        settle=RELOAD,
    ),
    "one smtpd for everybody": Way(
        swap(
            "^smtp \\(.*\\)inet  n       -       n       -       -",
            "smtp \\1inet  n       -       n       -       1",
            MASTER,
        ),
        {},
        {"master.cf.processes": "maxproc"},
        settle=RESTART,
    ),
}
