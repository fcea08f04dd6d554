"""The section `hardening`: its parameters in main.cf and options in master.cf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.host.facts import Host
from wizard.plan.part import Part, Request
from wizard.postfix.hardening import MAPS, OFF, ON, SECTION, is_on, unknown, without_maps
from wizard.postfix.parameters import PARAMETERS
from wizard.sections.reading import main_cf
from wizard.sections.section import Section, TextByName


def _plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    return Part(warnings=tuple(_unavailable(request)))


def _unavailable(request: Request) -> Iterator[str]:
    """Warn of the parts that this Postfix does not have, or cannot use yet."""
    if SECTION in request.scope and request.answers.hardening.use == ON:
        yield from unknown(request.host.postfix)
        maps = main_cf(request.host).value(MAPS)
        yield from without_maps(maps or "")


def _read_back(host: Host) -> dict[str, Any]:
    return {"use": ON if is_on(main_cf(host), PARAMETERS, host.postfix) else OFF}


def _preview(checked: Mapping[str, Any]) -> TextByName:
    if checked.get("use") == ON:
        return {
            "use": "smtpd_forbid_bare_newline, smtpd_client_auth_rate_limit, logins hold senders"
        }
    return {"use": "nothing beyond the policy"}


HARDENING = Section(
    SECTION,
    heading="Hardening",
    plan=_plan,
    read_back=_read_back,
    value=lambda _host, today: today.hardening.use,
    unused=OFF,
    preview=_preview,
)
