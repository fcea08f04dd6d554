"""A second MX and the primary of one: lists, routes, restrictions, numbers of MX records."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.rows import KIND, built, sets
from tests.lab.broken.way import RESTART, Way, restart, swap
from tests.lab.program import ANSWERS

_DOMAIN = "branch.stranger.example"
_FILE = "/etc/postfix-wizard/recipients"
_ZONES = "/var/named"
_RELOADED = restart("named")
_MEND = _RELOADED
_LIST = "smtpd_recipient_restrictions"


def _applied(*lines: str) -> str:
    """Give the server the section `backup` with these lines, as the wizard writes it."""
    words = " ".join(f"'{one}'" for one in lines)
    return f"""
printf '%s\\n' taro@{_DOMAIN} postmaster@{_DOMAIN} >{_FILE}; chmod 600 {_FILE}
{{ cat {ANSWERS}; printf '%s\\n' '' '[backup]' {words}; }} >/root/backup.toml; chmod 600 /root/backup.toml
printf '%s\\n' 'branch IN MX 10 mail' 'branch IN MX 20 mail.zeke.ne.jp.' >>{_ZONES}/stranger.example.zone
{_RELOADED}
postfix-wizard apply --answers /root/backup.toml --section backup --take-planned --yes >/dev/null
"""


_BACKUP = (f'domains = ["{_DOMAIN}"]', 'primary = "mail.stranger.example"')
_BY_FILE = _applied(*_BACKUP)
_VERIFIED = _applied(*_BACKUP, 'recipients = "verify"')
_PRIMARY = _applied('servers = ["198.51.100.25"]')


def _way(
    script: str,
    *,
    wrong: Optional[dict[str, str]] = None,
    warning: Optional[dict[str, str]] = None,
) -> Way:
    return Way(script, wrong or {}, warning or {}, mend=_MEND)


def _without(pattern: str) -> str:
    """Take the items that match (sed's pattern) out of the list of restrictions."""
    return (
        f'postconf -e "{_LIST} = $(postconf -h {_LIST} | sed -E "s/{pattern},? ?//")"; '
        f"postconf -h {_LIST} | grep -q reject_unauth_destination"
    )


def _zone(script: str) -> str:
    return f"cd {_ZONES}; {script}; {_RELOADED}"


_ITEM = "check_[a-z]+_access inline:[{][^}]*[}]"
_RUN = "apply --section backup"

WAYS = {
    "a second MX whose list is older than its file": _way(
        f"{_BY_FILE}\necho hanako@{_DOMAIN} >>{_FILE}", wrong={"backup.recipients": _RUN}
    ),
    "a second MX that takes any name": _way(
        f"{_BY_FILE}\npostconf -X relay_recipient_maps",
        wrong={"backup.recipients": _RUN, "smtp.25.others": "second MX takes any name"},
    ),
    "a second MX whose file is for anybody to write": _way(
        f"{_BY_FILE}\nchmod 666 {_FILE}", warning={"backup.recipients": _FILE}
    ),
    "a second MX that is tried first": _way(
        f"{_BY_FILE}\n"
        + _zone("sed -i 's/^branch IN MX 10/branch IN MX 30/' stranger.example.zone"),
        wrong={"backup.mx": "lower number"},
    ),
    "a second MX that no record names": _way(
        f"{_BY_FILE}\n" + _zone("sed -i '/^branch IN MX 20/d' stranger.example.zone"),
        warning={"backup.mx": "IN MX 20 mail.zeke.ne.jp."},
    ),
    "a primary that does not answer": _way(_BY_FILE, warning={"backup.primary": "waits here"}),
    "a domain that is local and backed up": _way(
        f"{_BY_FILE}\n" + f'postconf -e "mydestination = $(postconf -h mydestination), {_DOMAIN}"',
        wrong={"backup.classes": "mydestination"},
    ),
    "an older route of a domain that is backed up": _way(
        f"{_BY_FILE}\n"
        + built("transport", f"{_DOMAIN} smtp:[192.0.2.1]")
        + f'postconf -e "transport_maps = {KIND}:/etc/postfix/transport, $(postconf -h transport_maps)"',
        wrong={"backup.transport": "Take that row out"},
    ),
    "a domain that is backed up and relayed no more": _way(
        f"{_BY_FILE}\npostconf -X relay_domains", wrong={"backup.transport": _RUN}
    ),
    "a domain that is backed up by its MX": _way(
        f"{_BY_FILE}\npostconf -X transport_maps", wrong={"backup.transport": _RUN}
    ),
    "a domain above that leads here for nobody": _way(
        f"{_BY_FILE}\n"
        + _zone(
            "sed -i 's/IN MX\\t10 mail.stranger/IN MX\\t10 mail.zeke.ne.jp.\\n\\t&/' stranger.example.zone"
        ),
        warning={"backup.strays": "Make it local"},
    ),
    "recipients of a second MX that nobody confirms": _way(
        f"{_VERIFIED}\n" + _without(_ITEM), wrong={"backup.recipients": _RUN}
    ),
    "an unknown recipient that is only delayed": _way(
        f"{_VERIFIED}\n"
        + swap("^unverified_recipient_reject_code = 550", "unverified_recipient_reject_code = 450"),
        wrong={"backup.recipients": _RUN},
    ),
    "a backup that meets the blocklists": _way(
        f"{_PRIMARY}\n" + _without(_ITEM), wrong={"backup.servers": _RUN}
    ),
    "a backup that is slowed down": _way(
        f"{_PRIMARY}\npostconf -X smtpd_client_event_limit_exceptions",
        wrong={"backup.servers": _RUN},
    ),
    "a backup that is tried before its primary": _way(
        f"{_PRIMARY}\n"
        + _zone("printf '%s\\n' '@ IN MX 5 mx2' 'mx2 IN A 198.51.100.25' >>zeke.ne.jp.zone"),
        wrong={"backup.mx": "lower number"},
    ),
}

UNUSUAL = {
    "a second MX by other habits": Way(
        f"printf '%s\\n' 'branch IN MX 10 mail' 'branch IN MX 20 mail.zeke.ne.jp.' >>{_ZONES}/stranger.example.zone\n"
        f"{_RELOADED}\n"
        + built("transport", f"{_DOMAIN} relay:[mail.stranger.example]")
        + built("relay_recipients", f"taro@{_DOMAIN} x")
        + sets(
            f"relay_domains = {_DOMAIN}",
            "transport_maps = $default_database_type:/etc/postfix/transport",
            "relay_recipient_maps = $default_database_type:/etc/postfix/relay_recipients",
        ),
        settle=RESTART,
        mend=_MEND,
    ),
    "a second MX with a subdomain and a route of others": Way(
        f"{_BY_FILE}\n"
        + built(
            "transport",
            "other.example smtp:[192.0.2.1]",
            "user@branch.stranger.example smtp:[192.0.2.2]",
        )
        + f'postconf -e "transport_maps = {KIND}:/etc/postfix/transport, $(postconf -h transport_maps)"',
        mend=_MEND,
    ),
    "a backup below the operator's own senders": Way(
        f"{_PRIMARY}\n"
        + _without(_ITEM)
        + f'; postconf -e "{_LIST} = $(postconf -h {_LIST} | sed -E '
        + '"s/reject_rbl_client/check_client_access inline:{198.51.100.25=OK}, &/")"; '
        + 'postconf -e "smtpd_client_event_limit_exceptions = $(postconf -h '
        + 'smtpd_client_event_limit_exceptions) 192.0.2.0/24"',
        mend=_MEND,
    ),
}
