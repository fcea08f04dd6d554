"""The section `hostname`: the server's names in its greeting and in mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.answers.build import default_mydomain
from wizard.answers.rules.names import is_public_name, readable_name
from wizard.answers.unsaid import unsaid
from wizard.host.facts import Host
from wizard.plan.part import Part, Request
from wizard.sections.reading import PARAMETER, is_set_up, main_cf, own_of
from wizard.sections.section import NOT_YET, Section, TextByName


def _read_back(host: Host) -> dict[str, Any]:
    main, own = main_cf(host), own_of(host)
    live = {name: main.value(name) for name in ("mydomain", "myorigin")}
    domain = own.mydomain if is_set_up(host) else live["mydomain"] or ""
    origin = PARAMETER.sub(r"$\1\2", live["myorigin"] or "")
    found = {"myhostname": own.myhostname, "mydomain": domain, "myorigin": origin}
    # A condition, or empty: without the live text the default would be read instead.
    unclear = {name: unsaid("text", text) for name, text in live.items() if text is not None}
    return {**unclear, **{name: value for name, value in found.items() if value}}


def _preview(checked: Mapping[str, Any]) -> TextByName:
    value = checked.get("mydomain")
    if value is None:
        host = checked.get("myhostname", NOT_YET)
        value = host if host == NOT_YET else default_mydomain(host)
    return {"mydomain": f"mydomain = {readable_name(value)}"}


def _plan(request: Request) -> Part:
    """Warn of a name that the internet cannot have; say who looks the new name up."""
    if "hostname" not in request.scope:
        return Part()
    own, today = request.answers.hostname, request.current
    if today is not None and today.hostname == own:
        return Part()
    return Part(warnings=(*_reserved(str(own.myhostname)), RECORDS))


RECORDS = (
    "no plan asks the DNS: `check` after the run does, and prints the records that are missing (in the "
    "screens, F3 shows the records to publish)"
)
_TRIALS = ("test", "example")
"""Top-level domains for tests and examples (RFC 2606): no registry has them."""


def _reserved(name: str) -> Iterator[str]:
    top = name.rpartition(".")[2].lower()
    if top in _TRIALS or not is_public_name(name):
        yield (
            f"{name} can have no record in the DNS of the internet, since its ending is reserved: other "
            "servers refuse much of the mail from such a name, and send none to it. Choose a name in a "
            "domain of yours, unless this is a trial"
        )


HOSTNAME = Section(
    "hostname",
    plan=_plan,
    read_back=_read_back,
    value=lambda _host, today: today.hostname.myhostname,
    preview=_preview,
)
