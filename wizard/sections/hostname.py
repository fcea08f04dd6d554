"""The section `hostname`: the server's names in its greeting and in mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.answers.build import default_mydomain
from wizard.answers.rules.names import readable_name
from wizard.host.facts import Host
from wizard.sections.reading import PARAMETER, is_set_up, main_cf, own_of
from wizard.sections.section import NOT_YET, Section, TextByName


def _read_back(host: Host) -> dict[str, Any]:
    main, own = main_cf(host), own_of(host)
    domain = own.mydomain if is_set_up(host) else main.value("mydomain") or ""
    found = {"myhostname": own.myhostname, "mydomain": domain}
    origin = main.value("myorigin")
    if origin is not None:
        found["myorigin"] = PARAMETER.sub(r"$\1\2", origin)
    return {name: value for name, value in found.items() if value}


def _preview(checked: Mapping[str, Any]) -> TextByName:
    value = checked.get("mydomain")
    if value is None:
        host = checked.get("myhostname", NOT_YET)
        value = host if host == NOT_YET else default_mydomain(host)
    return {"mydomain": f"mydomain = {readable_name(value)}"}


HOSTNAME = Section(
    "hostname",
    read_back=_read_back,
    value=lambda _host, today: today.hostname.myhostname,
    preview=_preview,
)
