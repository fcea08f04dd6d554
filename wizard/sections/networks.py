"""The section `networks`: who may relay, where Postfix listens, and the firewall's zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.host.main_cf import words
from wizard.plan import firewall
from wizard.plan.part import Part, Request
from wizard.postfix.meaning import Own
from wizard.postfix.parameters import ADDRESSES, NETWORKS
from wizard.sections.reading import is_set_up, main_cf, several, value_of, words_of
from wizard.sections.section import NOT_YET, Section, Values

_PROTOCOLS = {frozenset({"ipv4", "ipv6"}): "all"}


def _plan(request: Request) -> Part:
    return Part(
        firewall=tuple(firewall.steps(request.answers, request.host, request.scope)),
        warnings=tuple(firewall.warnings(request.answers, request.host, request.scope)),
    )


def _read_back(host: Host) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if is_set_up(host):
        found["inet_interfaces"] = ", ".join(words(value_of(host, "inet_interfaces")))
        protocols = words(value_of(host, "inet_protocols"))
        found["inet_protocols"] = _PROTOCOLS.get(frozenset(protocols), ", ".join(protocols))
        found["mynetworks"] = []
    live = main_cf(host).value("mynetworks")
    if live is None and is_set_up(host):
        live = host.postfix.in_force.get("mynetworks")
    networks = words(live or "")
    if networks:
        found["mynetworks"] = list(dict.fromkeys(Own().key(NETWORKS, one) for one in networks))
    outer = words_of(host, "proxy_interfaces")
    if outer:
        found["proxy_interfaces"] = [Own().key(ADDRESSES, one) for one in outer]
    zone = firewall.mail_zone(host)
    if zone or host.firewall.is_given_up:
        found["firewall_zone"] = zone
    return found


def _value(host: Host, _today: Answers) -> str:
    if main_cf(host).entry("mynetworks"):
        return several(words_of(host, "mynetworks"))
    return "Postfix's default"


def _preview(checked: Mapping[str, Any]) -> Values:
    zone = checked.get("firewall_zone", NOT_YET)
    opened = f"firewall-cmd --zone={zone} --add-service=smtp ..."
    return {"firewall_zone": opened if zone else "no firewall is opened"}


NETWORKS_SECTION = Section(
    "networks", plan=_plan, read_back=_read_back, value=_value, preview=_preview
)
