"""The settings that Dovecot 2.3 or 2.4 needs for logins and mail from Postfix.

SASL_README and LMTP(8) describe the sockets. Postfix passes `user@host` on, and accepts no password
without TLS. A line is needed only if the value in force (`doveconf -a`) differs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable

from wizard.answers.model import Answers, local_domains
from wizard.paths import QUEUE
from wizard.postfix.parameters import BY_NAME
from wizard.postfix.render import render

AUTH = f"{QUEUE}/private/auth"
OWNER = "postfix"
"""postconf(5) mail_owner."""

VERSIONS = ("2.3", "2.4")
"""The series whose syntax is known; 2.4 renamed most settings (Dovecot's upgrade notes)."""

Settings = Mapping[str, str]
"""The result of `wizard.host.dovecot.flattened`."""

USER_NAME, LOGIN_NAME, AUTH_LOGIN = "user-name", "login-name", "login-mechanism"
"""Names of parts. The last two are there only if the answers ask for them."""

_LMTP = "lmtp:unix:"
_OF_A_BLOCK = re.compile(r"^# ([a-z-]+): ", re.MULTILINE)
_USER_ALONE = re.compile(r"%[A-Z]*n\b|%\{[^}]*\busername\b")
_DOMAIN = re.compile(r"%[A-Z]*[du]\b|%\{[^}]*\bdomain\b")
_READ, _WRITE = 4, 2


@dataclass(frozen=True)
class Wanted:
    """Postfix's side: the certificate's two files, Dovecot's LMTP socket and the mailbox.

    The latter two are "" for another kind of delivery. `domains` are those with which people log in,
    none if Dovecot's names stay as they are. `auth_login` is True if AUTH LOGIN is offered.
    """

    lmtp: str
    mailbox: str
    cert: str
    key: str
    domains: tuple[str, ...] = ()
    auth_login: bool = False


def wanted(answers: Answers) -> Wanted:
    """Return what the answers need from Dovecot."""
    delivery = answers.delivery
    home = delivery.home_mailbox
    return Wanted(
        lmtp_socket(delivery.mailbox_transport),
        # Without a final slash it is one file (mbox), which Dovecot reads only if configured so.
        f"~/{home.rstrip('/')}" if home.endswith("/") else "",
        BY_NAME["smtpd_tls_cert_file"].value(answers),
        BY_NAME["smtpd_tls_key_file"].value(answers),
        local_domains(answers) if answers.dovecot.names == "local" else (),
        answers.dovecot.auth_login == "offer",
    )


def lmtp_socket(mailbox_transport: str) -> str:
    """Return PATH of `lmtp:unix:PATH`, made absolute; "" for any other transport."""
    path = mailbox_transport[len(_LMTP) :] if mailbox_transport.startswith(_LMTP) else ""
    return path if path.startswith("/") or not path else f"{QUEUE}/{path}"


def series(version: str) -> str:
    """Return `2.3` or `2.4` of a version, "" for one whose syntax is not known."""
    return next((one for one in VERSIONS if version.startswith(f"{one}.")), "")


def speaks_lmtp(settings: Settings, _wanted: Wanted) -> bool:
    """True if `protocols` has lmtp: as a word in 2.3, as a block in 2.4."""
    listed = settings.get("protocols", "").split()
    return "lmtp" in listed or settings.get("protocols/lmtp") == "yes"


def opens(settings: Settings, service: str, path: str) -> bool:
    """True if a service listens on a socket that Postfix's user may write to (unix(7))."""
    head = f"service {service}/unix_listener {path}"
    listener = {name: settings.get(f"{head}/{name}") for name in ("mode", "user", "group")}
    # doveconf of 2.4 prints only a listener's own settings, without defaults.
    if not any(name.startswith(head) for name in settings):
        return False
    mode = int(listener["mode"] or "0600", 8)
    shares = (
        (listener["user"] == OWNER, mode >> 6),
        (listener["group"] == OWNER, mode >> 3),
        (True, mode),
    )
    allowed = next(bits for applies, bits in shares if applies)
    return bool(allowed & _WRITE and allowed & _READ)


def serves_postfix(settings: Settings) -> bool:
    """True if a service listens in Postfix's queue directory, whoever may use that socket.

    Else Dovecot was never set up for Postfix: its packages open no socket there.
    """
    return any(f"/unix_listener {QUEUE}/" in name for name in settings)


def user_name(settings: Settings) -> str:
    """Return the auth_username_format for LMTP, which may have one of its own."""
    of_all = settings.get("auth_username_format", "")
    return settings.get("protocol lmtp/auth_username_format", of_all)


def strips_domain(settings: Settings) -> bool:
    """True if Dovecot takes Postfix's `user@host` for the user of that name."""
    return takes_any_domain(user_name(settings))


def takes_any_domain(said: str) -> bool:
    """True if an auth_username_format removes the domain from a name, whichever it is."""
    return bool(_USER_ALONE.search(said)) and not _DOMAIN.search(said)


def mailbox(settings: Settings, version: str) -> str:
    """Return where Dovecot stores mail, as `maildir:~/Maildir`; "" if it is not configured."""
    if series(version) == "2.3":
        return settings.get("mail_location", "")
    kind, path = settings.get("mail_driver", ""), settings.get("mail_path", "")
    inbox = settings.get("mail_inbox_path", "")
    said = f"{kind}:{path}" + (f":INBOX={inbox}" if inbox else "")
    return "" if kind in {"", "auto"} and not path else said.replace("%{home}", "~")


def certificate(settings: Settings, version: str) -> tuple[str, str]:
    """Return the files of the certificate and the key; the latter is "" in 2.3, which hides it."""
    if series(version) == "2.3":
        return settings.get("ssl_cert", "").lstrip("<").strip(), ""
    names = ("cert_file", "key_file")
    cert, key = (
        settings.get(f"ssl_server/{one}") or settings.get(f"ssl_server_{one}", "") for one in names
    )
    return cert, key


def cleartext(settings: Settings, version: str) -> bool:
    """True if a password may be sent without TLS."""
    if series(version) == "2.3":
        return settings.get("disable_plaintext_auth", "yes") != "yes"
    return settings.get("auth_allow_cleartext", "no") != "no"


def _is_maildir(said: str, path: str) -> bool:
    kind, _, rest = said.partition(":")
    where, *options = rest.split(":")
    elsewhere = any(one.startswith("INBOX=") and one != f"INBOX={path}" for one in options)
    return kind == "maildir" and where.rstrip("/") == path and not elsewhere


def login_format(version: str, domains: tuple[str, ...]) -> str:
    """Return the auth_username_format that removes only these domains, in lower case.

    A name with another domain stays whole, so passwd(5) does not have it.
    """
    listed = "|".join(one.lower().replace(".", "[.]") for one in domains)
    if series(version) == "2.3":
        return f"%{{if;%Ld;~;^({listed})?$;%Ln;%Lu}}"
    return f"%{{user | lower | regexp('^([^@]+)@({listed})$', '\\\\1')}}"


def login_mechanisms(settings: Settings) -> frozenset[str]:
    """Return the names of auth_mechanisms: words in 2.3, perhaps a block in 2.4."""
    block = (name for name in settings if name.startswith("auth_mechanisms/"))
    own = [name.rpartition("/")[2] for name in block if settings[name] == "yes"]
    return frozenset(f"{settings.get('auth_mechanisms', '')} {' '.join(own)}".lower().split())


_Right = Callable[[Settings, str, Wanted], bool]
_RIGHT: dict[str, _Right] = {
    "protocols": lambda settings, _version, want: not want.lmtp or speaks_lmtp(settings, want),
    "lmtp-socket": lambda settings, _version, want: (
        not want.lmtp or opens(settings, "lmtp", want.lmtp)
    ),
    "auth-socket": lambda settings, _version, _want: opens(settings, "auth", AUTH),
    USER_NAME: lambda settings, _version, want: not want.lmtp or strips_domain(settings),
    LOGIN_NAME: lambda settings, version, want: (
        not want.domains
        or settings.get("auth_username_format") == login_format(version, want.domains)
    ),
    AUTH_LOGIN: lambda settings, _version, want: (
        not want.auth_login or "login" in login_mechanisms(settings)
    ),
    "mailbox": lambda settings, version, want: (
        not want.mailbox or _is_maildir(mailbox(settings, version), want.mailbox)
    ),
    "tls": lambda settings, version, want: (
        settings.get("ssl") in {"yes", "required"}
        and certificate(settings, version) in {(want.cert, ""), (want.cert, want.key)}
    ),
    "cleartext": lambda settings, version, _want: not cleartext(settings, version),
}
"""The parts of our file in order, each with a test whether Dovecot has it already."""


def needed(settings: Settings, version: str, want: Wanted) -> frozenset[str]:
    """Return the parts that Dovecot lacks, by the names of our file's blocks."""
    return frozenset(name for name, right in _RIGHT.items() if not right(settings, version, want))


def written_parts(text: bytes) -> frozenset[str]:
    """Return the parts in a file of ours. Dovecot has these settings because of it."""
    return frozenset(_OF_A_BLOCK.findall(text.decode("utf-8", "replace"))) & _RIGHT.keys()


def parts_of_file(settings: Settings, version: str, want: Wanted, live: bytes) -> frozenset[str]:
    """Return the parts of the next file: those that Dovecot lacks, and those of the live file."""
    is_wanted = {LOGIN_NAME: bool(want.domains), AUTH_LOGIN: want.auth_login}
    there = {one for one in written_parts(live) if is_wanted.get(one, True)}
    parts = needed(settings, version, want) | there
    # What LMTP has from the setting of all would change with it.
    return parts | {USER_NAME} if LOGIN_NAME in parts and want.lmtp else parts


WRITTEN = (
    "# Written by postfix-wizard: what Dovecot must say so that Postfix reaches it. A rerun writes it",
    "# anew, and `postfix-wizard undo` takes it away.",
)
"""The first lines of the file that a run writes."""
COPIED = (
    "# What Dovecot must say so that Postfix reaches it, as postfix-wizard showed it. Copied by hand.",
)
"""The first line of the same text for the operator to copy: no run writes it or takes it away."""


def conf_lines(
    version: str, want: Wanted, parts: frozenset[str], heading: tuple[str, ...] = WRITTEN
) -> tuple[str, ...]:
    """Return the lines of a file with these parts. Raises ValueError for an unknown series."""
    if not series(version):
        raise ValueError(f"no syntax is known for Dovecot {version}")
    template = f"dovecot_{series(version).replace('.', '_')}.j2"
    names = login_format(version, want.domains)
    return heading + render(template, parts=parts, want=want, auth=AUTH, owner=OWNER, names=names)
