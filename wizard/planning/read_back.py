"""Answers read back from a host: what its files and its firewall say today.

What no answer can express (a table in mynetworks, a transport of one's own kind) is left to the file,
where it stays; its field has the live text as a state of its own (`wizard.answers.unsaid`).
"""

from __future__ import annotations

import re
from typing import Any, Optional

from wizard.answers.build import build_each, check_section
from wizard.answers.model import Answers, CustomBlocklist, Limits
from wizard.answers.sections import field_of
from wizard.answers.unsaid import is_unsaid, unsaid
from wizard.certificates.names import covers
from wizard.host.facts import Host
from wizard.host.main_cf import words
from wizard.paths import LINEAGES, SELF_SIGNED_CERT, SELF_SIGNED_KEY
from wizard.plan.firewall import mail_zone
from wizard.postfix.blocklists import read_back as read_blocklists
from wizard.postfix.main_cf import MainCf
from wizard.postfix.meaning import Own, own_names
from wizard.postfix.parameters import ADDRESSES, NAMES, NETWORKS
from wizard.postfix.policy import owned_rows
from wizard.postfix.policy import rows as table_rows
from wizard.postfix.relayhost import read_back as read_relay
from wizard.postfix.restrictions import standing
from wizard.postfix.unset import DEFAULTS
from wizard.sections.registry import SECTIONS

Values = dict[str, dict[str, Any]]

_NUMBER = re.compile(r"[0-9]{1,18}")
"""A number of Postfix's, which has 64 bits at the most."""

RESTRICTIONS = "smtpd_recipient_restrictions"


def is_set_up(host: Host) -> bool:
    """Whether somebody set this Postfix up: its name or its restrictions are its own."""
    text = host.main_cf.live
    if text is None or host.main_cf.from_package:
        return False
    main = MainCf.parse(text)
    return any(main.entry(name) for name in ("myhostname", RESTRICTIONS))


def read_values(host: Host) -> Values:
    """Return values for a form: today's where the host is set up, else good first guesses."""
    main = MainCf.parse(host.main_cf.live or b"")
    values: Values = {
        "hostname": _hostname(main, host),
        "domains": {"local": _local(main, host)},
        "networks": _networks(main, host),
        "certificate": _certificate(main, host),
        "blocklists": {},
        "delivery": {},
        "limits": {},
        "dns": {},
        "relay": {},
        "move": {},
        **{one.name: one.read_back(host) for one in SECTIONS if one.read_back is not None},
    }
    if is_set_up(host):
        values["blocklists"] = _blocklists(main, host)
        values["delivery"] = {
            name: _today(main, name)
            for name in ("recipient_delimiter", "home_mailbox", "mailbox_transport")
        }
        values["limits"] = _limits(main)
        values["relay"] = read_relay(main, dict(table_rows(host.sasl_passwd.live or b"")))
    return values


def read_back(host: Host) -> Optional[Answers]:
    """Return the host's answers, None where it is not set up or has no usable name.

    A value that no answer can express is `Unsaid`; of a list the items that can be said are there.
    """
    if not is_set_up(host):
        return None
    said = {
        section: {name: _said(section, name, value) for name, value in values.items()}
        for section, values in read_values(host).items()
    }
    if is_unsaid(said["hostname"].get("myhostname")):
        return None
    result = build_each(said)
    return result if isinstance(result, Answers) else None


def _said(section: str, name: str, value: Any) -> Any:
    """Return a live value as an answer, or the state that no answer says it."""
    if _is_right(section, name, value):
        return value
    if isinstance(value, list):
        # Of ten thousand right names none is looked at alone.
        right = [one for one in value if _is_right(section, name, [one])]
        field = field_of(section, name)
        return right or (unsaid("list", ", ".join(value)) if field and field.required else [])
    field = field_of(section, name)
    return unsaid(field.kind if field else "text", str(value))


def _is_right(section: str, name: str, value: Any) -> bool:
    return all(one.name != name for one in check_section(section, {name: value})[1])


def _today(main: MainCf, name: str) -> str:
    """Return a parameter's value, Postfix's own default where it is not set."""
    value = main.value(name)
    return DEFAULTS[name] if value is None else value


def _words(main: MainCf, name: str) -> tuple[str, ...]:
    return words(main.value(name) or "")


def _hostname(main: MainCf, host: Host) -> dict[str, Any]:
    own = _own(main, host)
    domain = own.mydomain if is_set_up(host) else main.value("mydomain") or ""
    found = {"myhostname": own.myhostname, "mydomain": domain}
    origin = main.value("myorigin")
    if origin is not None:
        found["myorigin"] = _PARAMETER.sub(r"$\1\2", origin)
    return {name: value for name, value in found.items() if value}


_PARAMETER = re.compile(r"\$\{(\w+)\}|\$\((\w+)\)")


def _own(main: MainCf, host: Host) -> Own:
    """Return the host's names; where no Postfix can be asked, the host's own name counts."""
    known = {"myhostname": host.network.hostname} if "." in host.network.hostname else {}
    return own_names(main, {**known, **host.postfix.in_force})


def _local(main: MainCf, host: Host) -> list[str]:
    own, live = _own(main, host), _words(main, "mydestination")
    implied = own.implied(NAMES)
    read = dict.fromkeys(own.read(NAMES, word) for word in live)
    return [key for key, is_answer in read if is_answer and key not in implied]


def _networks(main: MainCf, host: Host) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if is_set_up(host):
        found["inet_interfaces"] = ", ".join(words(_today(main, "inet_interfaces")))
        protocols = words(_today(main, "inet_protocols"))
        found["inet_protocols"] = _PROTOCOLS.get(frozenset(protocols), ", ".join(protocols))
        found["mynetworks"] = []
    live = main.value("mynetworks")
    if live is None and is_set_up(host):
        live = host.postfix.in_force.get("mynetworks")
    networks = words(live or "")
    if networks:
        found["mynetworks"] = list(dict.fromkeys(Own().key(NETWORKS, one) for one in networks))
    outer = _words(main, "proxy_interfaces")
    if outer:
        found["proxy_interfaces"] = [Own().key(ADDRESSES, one) for one in outer]
    zone = mail_zone(host)
    if zone or host.firewall.is_given_up:
        found["firewall_zone"] = zone
    return found


_PROTOCOLS = {frozenset({"ipv4", "ipv6"}): "all"}


def _certificate(main: MainCf, host: Host) -> dict[str, Any]:
    path = main.value("smtpd_tls_cert_file") or ""
    key = main.value("smtpd_tls_key_file") or path
    key = path if _PARAMETER.sub(r"$\1\2", key) == "$smtpd_tls_cert_file" else key
    if (path, key) == (SELF_SIGNED_CERT, SELF_SIGNED_KEY):
        return {"source": "self-signed"}
    of_lineage = _OF_LINEAGE.fullmatch(f"{path} {key}")
    if of_lineage:
        return {"source": "letsencrypt", "name": of_lineage[1]}
    if is_set_up(host):
        if path.startswith("/"):
            return {"source": "files", "cert_file": path, "key_file": key}
        return {"source": unsaid("choice", path)}
    name = main.value("myhostname") or host.network.hostname
    usable = [lineage for lineage in host.lineages if lineage.number is not None]
    fitting = [lineage for lineage in usable if covers(lineage.names, name)]
    if not usable:
        return {"source": "self-signed"}
    return {"source": "letsencrypt", "name": (fitting or usable)[0].name}


_OF_LINEAGE = re.compile(rf"{LINEAGES}/([^/]+)/fullchain\.pem {LINEAGES}/\1/privkey\.pem")


def _blocklists(main: MainCf, host: Host) -> dict[str, Any]:
    listed = standing(_words(main, RESTRICTIONS))
    used, custom = read_blocklists(one.text for one in listed)
    senders = owned_rows(host.sender_access.live or b"")
    return {
        "use": list(used),
        "custom": [_custom(one) for one in custom],
        "allow_senders": [key for key, value in senders if value.upper() == "OK"],
        "reject_senders": [key for key, value in senders if value.upper() == "REJECT"],
    }


def _custom(one: CustomBlocklist) -> dict[str, str]:
    return {"zone": one.zone, "kind": one.kind, "replies": one.replies}


def _limits(main: MainCf) -> dict[str, Any]:
    defaults = Limits()
    found: dict[str, Any] = {}
    for name in Limits.__dataclass_fields__:
        text = _today(main, name)
        is_number = isinstance(getattr(defaults, name), int)
        found[name] = int(text) if is_number and _NUMBER.fullmatch(text) else text
    return found
