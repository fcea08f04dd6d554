"""Tables: missing, stale, of the wrong type, with the wrong rows."""

from __future__ import annotations

from tests.lab.broken.way import NOTHING, RELOAD, RESTART, Way, line, swap

_ACCESS = "/etc/postfix/sender_access"
_POSTMAP = f"postmap $(postconf -h default_database_type):{_ACCESS}"


def _rows(*rows: str, build: bool = True) -> str:
    lines = "".join(f"{row}\\n" for row in rows)
    return f"printf '{lines}' >>{_ACCESS}" + (f"; {_POSTMAP}" if build else "")


WAYS = {
    "a table that was never built": Way(
        f"rm {_ACCESS}.db {_ACCESS}.lmdb 2>/dev/null || :",
        {"table.sender_access": "postmap", "smtp.25.stranger": "tables"},
    ),
    "a table older than its file": Way(
        _rows("friend.example OK", build=False),
        warning={"table.sender_access": "postmap"},
        settle=NOTHING,
    ),
    "a table of the wrong type": Way(
        swap(" [a-z]*:/etc/postfix/sender_access", " btree:/etc/postfix/sender_access"),
        {"table.sender_access": "postmap"},
        {"main.cf.smtpd_recipient_restrictions": "main.cf"},
    ),
    "a table by a misspelt path": Way(
        swap("/etc/postfix/sender_access", "/etc/postfix/sender_acess"),
        {"tables": "postmap"},
        {"table.sender_access": "main.cf"},
    ),
    "a table of a type that is not built in": Way(
        line("virtual_alias_maps = hsah:/etc/postfix/virtual"), {"tables": "type"}
    ),
    "an OK for our own domain": Way(
        _rows("zeke.ne.jp OK"), {}, {"table.sender_access.own": "zeke.ne.jp"}
    ),
    "an action that there is not": Way(
        _rows("junk.example REJCT"), {"table.sender_access.actions": "junk.example"}
    ),
    "virtual addresses in a table that was never built": Way(
        line("virtual_alias_maps = $default_database_type:/etc/postfix/virtual"),
        {"tables": "postmap"},
    ),
    "header checks that are not there": Way(
        line("header_checks = regexp:/etc/postfix/no_such_checks"), {"tables": "no_such_checks"}
    ),
    "a transport table that was not built again": Way(
        "printf 'old.example smtp:[192.0.2.9]\\n' >/etc/postfix/transport\n"
        "postmap $(postconf -h default_database_type):/etc/postfix/transport\n"
        + line("transport_maps = $default_database_type:/etc/postfix/transport")
        + "\ntouch -d '5 minutes ago' /etc/postfix/transport.*",
        {},
        {"tables": "postmap"},
    ),
    "aliases that were not built again": Way(
        "printf 'sales: taro\\n' >>/etc/aliases; touch -c -d '5 minutes ago' /etc/aliases.db /etc/aliases.lmdb",
        {},
        {"tables": "newaliases"},
        settle=RELOAD,
    ),
    "no aliases": Way(
        "rm -f /etc/aliases.db /etc/aliases.lmdb", {"tables": "newaliases"}, settle=RELOAD
    ),
    "nobody reads postmaster's mail": Way(
        "sed -i '/^postmaster:/d' /etc/aliases; newaliases",
        {"aliases.postmaster": "/etc/aliases"},
        settle=RESTART,
    ),
    "an alias that leads to itself": Way(
        "sed -i 's/^root:.*/root: postmaster/' /etc/aliases; newaliases",
        {"aliases.postmaster": "/etc/aliases"},
    ),
    "all mail put on hold": Way(
        "printf '/^Subject:/ HOLD\\n' >/etc/postfix/checks\n"
        + line("header_checks = regexp:/etc/postfix/checks"),
        {},
        {"queue.hold": "postsuper"},
        settle=f"{RESTART}; printf 'Subject: x\\n\\nx\\n' | sendmail taro; "
        "until ls /var/spool/postfix/hold | grep -q .; do sleep 0.1; done",
        mend="postsuper -d ALL 2>/dev/null",
    ),
}
