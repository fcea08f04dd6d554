"""The section `relay`: the relay host for outgoing mail (postconf(5) relayhost)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.answers.sections.relay import Relay
from wizard.answers.unsaid import Unsaid
from wizard.host.facts import Host
from wizard.paths import SASL_PASSWD
from wizard.postfix.relayhost import read_back
from wizard.postfix.sender_access import rows_by_key
from wizard.sections.reading import is_set_up, main_cf
from wizard.sections.relay.plan import plan
from wizard.sections.section import NONE, Section, TextByName


def _read_back(host: Host) -> dict[str, Any]:
    if not is_set_up(host):
        return {}
    return read_back(main_cf(host), rows_by_key(host.text(SASL_PASSWD)))


def _preview(checked: Mapping[str, Any]) -> TextByName:
    host, user = checked.get("host"), checked.get("user")
    port, level = checked.get("port", Relay().port), checked.get("tls", Relay().tls)
    if isinstance(host, Unsaid):
        return dict.fromkeys(("host", "port", "tls", "user"), f"relayhost = {host.live}")
    relay = (
        f"relayhost = [{host}]:{port}" if host else "relayhost stays unset: mail goes out directly"
    )
    return {
        "host": relay,
        "port": relay,
        "tls": f"[{host}] = {level} in smtp_tls_policy_maps"
        if host
        else "not needed without a relay",
        "user": f"{user}:(password) in {SASL_PASSWD}, 0600" if user else "no password is said",
    }


RELAY = Section(
    "relay",
    title="Relay host",
    heading="Relay host for outgoing mail",
    plan=plan,
    read_back=_read_back,
    value=lambda host, _today: main_cf(host).value("relayhost") or NONE,
    unused=NONE,
    preview=_preview,
)
