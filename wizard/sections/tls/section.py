"""The section `tls`: TLS versions and ciphers of each port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.answers.sections.tls import POLICY, STRICT, TLS_CONF
from wizard.host.facts import Host
from wizard.paths import MASTER_CF
from wizard.postfix import tls
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.tls_values import PARAMETERS
from wizard.sections.reading import main_cf
from wizard.sections.section import ManagedFile, Section, TextByName, Texts
from wizard.sections.tls.dovecot import written
from wizard.sections.tls.plan import plan


def _read_back(host: Host) -> dict[str, Any]:
    profile = tls.profile_in(MasterCf.parse(host.text(MASTER_CF)))
    # Without a profile, what main.cf has is somebody else's.
    return {
        "profile": profile,
        "port25": POLICY if profile == POLICY else tls.port_25_in(main_cf(host)),
    }


def _value(_host: Host, today: Answers) -> str:
    return f"{today.tls.profile}{', strict on 25' if today.tls.port25 == STRICT else ''}"


def _settings(texts: Texts) -> TextByName:
    return {f"{TLS_CONF}: {name}": value for name, value in written(texts.get(TLS_CONF)).items()}


def _preview(checked: Mapping[str, Any]) -> TextByName:
    if checked.get("profile", POLICY) == POLICY:
        return {"profile": "587, 465 and 993 stay as they are", "port25": "port 25 stays as it is"}
    return {
        "profile": f"-o {PARAMETERS[0]} and others on 587 and 465",
        "port25": "TLS 1.2 or newer"
        if checked.get("port25") == STRICT
        else "without aNULL, EXPORT",
    }


TLS = Section(
    tls.SECTION,
    title="TLS",
    heading="TLS versions and ciphers",
    files=(ManagedFile(TLS_CONF, has_answers=False, short="dovecot tls"),),
    plan=plan,
    read_back=_read_back,
    value=_value,
    unused=POLICY,
    settings=_settings,
    about=(
        (rf"{tls.SECTION}\.(587|465)", f"entry:{{0}} {' '.join(PARAMETERS)}"),
        (rf"{tls.SECTION}\.25", " ".join(PARAMETERS)),
        (rf"{tls.SECTION}\.993", f"{TLS_CONF} TurnBeside:dovecot"),
    ),
    preview=_preview,
)
