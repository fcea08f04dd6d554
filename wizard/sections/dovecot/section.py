"""The section `dovecot`: the wizard's file in its conf.d, and the port of IMAP."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.host.units import DOVECOT as DOVECOT_SERVICE
from wizard.paths import DOVECOT_CONF
from wizard.plan.firewall import IMAPS, mail_zone
from wizard.postfix.dovecot import lmtp_socket
from wizard.sections.dovecot.plan import plan
from wizard.sections.section import (
    NONE,
    WAITS,
    Issue,
    ManagedFile,
    Section,
    TextByName,
    Texts,
)

AS_IT_IS = "stays as it is"


def _read_back(host: Host) -> dict[str, Any]:
    zone = host.firewall.zone(mail_zone(host))
    return {
        "conf": "leave" if host.files[DOVECOT_CONF].live is None else "write",
        "imaps": "open" if zone is not None and IMAPS in zone.permanent else "leave",
    }


def _value(host: Host, _today: Answers) -> str:
    dovecot = host.dovecot
    return f"{dovecot.version}, {dovecot.unit.active}" if dovecot.version else NONE


def _settings(texts: Texts) -> TextByName:
    lines = (texts.get(DOVECOT_CONF) or b"").decode("utf-8", "replace").splitlines()
    said = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return {DOVECOT_CONF: " ".join(" ".join(said).split())} if said else {}


def _issues(host: Host, today: Answers, _reported: Collection[str]) -> Iterator[Issue]:
    dovecot = host.dovecot
    # A masked one is somebody's choice, unless mail is delivered to it.
    is_meant = dovecot.usable or bool(lmtp_socket(str(today.delivery.mailbox_transport)))
    if (
        host.root == "/"
        and dovecot.version
        and is_meant
        and dovecot.unit.active in {"inactive", "failed"}
    ):
        state = dovecot.unit.active if dovecot.usable else f"{dovecot.unit.active}, masked"
        why = f"Dovecot is installed and does not run ({state}): mail waits."
        yield Issue(WAITS, why)
    if dovecot.waiting:
        why = f"{dovecot.waiting} in the queue wait for Dovecot; `check` says until when."
        yield Issue(WAITS, why)


def _preview(checked: Mapping[str, Any]) -> TextByName:
    is_written, is_open = checked.get("conf") == "write", checked.get("imaps") == "open"
    return {
        "names": "auth_username_format" if checked.get("names") == "local" else AS_IT_IS,
        "auth_login": "auth_mechanisms" if checked.get("auth_login") == "offer" else AS_IT_IS,
        "conf": DOVECOT_CONF if is_written else "nothing of Dovecot's is written",
        "imaps": "firewall-cmd --add-service=imaps" if is_open else "the firewall stays as it is",
    }


DOVECOT = Section(
    "dovecot",
    heading="Dovecot, which keeps the mailboxes and the passwords",
    files=(
        # Only whether the file is there today is read back.
        ManagedFile(DOVECOT_CONF, has_answers=False, short="dovecot"),
    ),
    units=(DOVECOT_SERVICE,),
    plan=plan,
    read_back=_read_back,
    value=_value,
    unused=NONE,
    settings=_settings,
    drift=(f"firewall.*.{IMAPS}",),
    issues=_issues,
    stays=("/var/lib/dovecot: Dovecot's list of its instances, which it writes when it starts.",),
    preview=_preview,
)
