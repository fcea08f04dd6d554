"""Answers read back from a host: what its files and its firewall say today.

What the answers cannot express (a table in mynetworks, a transport of one's own kind) is left
to the file, where it stays; its field then shows the policy's default.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any, Callable, Optional

from wizard.answers.build import build_each
from wizard.answers.model import Answers, CustomBlocklist, Limits
from wizard.answers.sections import check_text, field_of
from wizard.certificates.names import covers
from wizard.certificates.paths import LINEAGES, SELF_SIGNED_CERT
from wizard.host.facts import Host
from wizard.plan.firewall import IMAPS, SERVICES
from wizard.postfix.aliases import read_reader
from wizard.postfix.blocklists import read_back as read_blocklists
from wizard.postfix.hardening import OFF, ON, is_on
from wizard.postfix.main_cf import MainCf
from wizard.postfix.parameters import LOCAL_ALWAYS, PARAMETERS
from wizard.postfix.policy import owned_rows
from wizard.postfix.policy import rows as table_rows
from wizard.postfix.relayhost import read_back as read_relay
from wizard.postfix.restrictions import standing
from wizard.postfix.unset import DEFAULTS

Values = dict[str, dict[str, Any]]

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
        "domains": {"local": _local(main)},
        "networks": _networks(main, host),
        "certificate": _certificate(main, host),
        "blocklists": {},
        "delivery": {},
        "limits": {},
        "dns": {},
        "hardening": {"use": ON if is_on(main, PARAMETERS, host.postfix) else OFF},
        "aliases": {"root": read_reader(host.aliases.file.live)},
        "relay": {},
        "dovecot": _dovecot(host),
        "move": {},
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

    A value that no answer can express takes its field's default.
    """
    if not is_set_up(host):
        return None
    values = read_values(host)
    for _ in range(len(values) * 8):
        result = build_each(values)
        if isinstance(result, Answers):
            return result
        for problem in result:
            if problem.name == "myhostname" or not values.get(problem.section):
                return None
            values[problem.section].pop(problem.name, None)
    return None


def _today(main: MainCf, name: str) -> str:
    """Return a parameter's value, Postfix's own default where it is not set."""
    value = main.value(name)
    return DEFAULTS[name] if value is None else value


def _words(main: MainCf, name: str) -> list[str]:
    return (main.value(name) or "").replace(",", " ").split()


def _hostname(main: MainCf, host: Host) -> dict[str, Any]:
    found = {
        name: _expanded(main, value) if name in _NAMES else value
        for name in ("myhostname", "mydomain", "myorigin")
        for value in [main.value(name)]
        if value is not None
    }
    if "myhostname" not in found and "." in host.network.hostname:
        found["myhostname"] = host.network.hostname
    return found


_NAMES = ("myhostname", "mydomain")
_PARAMETER = re.compile(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))")


def _expanded(main: MainCf, text: str) -> str:
    """Return a name with the parameters in it, such as `mail.$mydomain`, by what main.cf sets."""
    return _PARAMETER.sub(lambda found: main.value(next(filter(None, found.groups()))) or "", text)


def _local(main: MainCf) -> list[str]:
    mine = [word for word in _words(main, "mydestination") if word not in LOCAL_ALWAYS]
    return _expressible("domains", "local", mine)


def _expressible(section: str, name: str, items: list[str]) -> list[str]:
    """Return the items that an answer can have; tables, exclusions and macros are not among them."""
    field = field_of(section, name)
    assert field is not None  # noqa: S101 (both names stand in this file)
    found = []
    for one in dict.fromkeys(items):
        with contextlib.suppress(ValueError):
            check_text(field, one)
            found.append(one)
    return found


def _networks(main: MainCf, host: Host) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if is_set_up(host):
        for name in ("inet_interfaces", "inet_protocols"):
            found[name] = _today(main, name)
    networks = _expressible("networks", "mynetworks", _words(main, "mynetworks"))
    if networks:
        found["mynetworks"] = networks
    outer = _expressible("networks", "proxy_interfaces", _words(main, "proxy_interfaces"))
    if outer:
        found["proxy_interfaces"] = outer
    zone = _zone(host)
    if zone:
        found["firewall_zone"] = zone
    return found


def _zone(host: Host) -> str:
    """Return the zone that the mail services are open in, else the default one."""
    for zone in host.firewall.zones:
        if set(SERVICES) <= zone.permanent:
            return zone.name
    return host.firewall.default_zone


def _dovecot(host: Host) -> dict[str, Any]:
    zone = host.firewall.zone(_zone(host))
    return {
        "conf": "leave" if host.dovecot.conf.live is None else "write",
        "imaps": "open" if zone is not None and IMAPS in zone.permanent else "leave",
    }


def _certificate(main: MainCf, host: Host) -> dict[str, Any]:
    path = main.value("smtpd_tls_cert_file") or ""
    if path == SELF_SIGNED_CERT:
        return {"source": "self-signed"}
    if path.startswith(f"{LINEAGES}/"):
        return {"source": "letsencrypt", "name": path[len(LINEAGES) + 1 :].partition("/")[0]}
    key = main.value("smtpd_tls_key_file") or path
    if is_set_up(host) and path.startswith("/"):
        return {"source": "files", "cert_file": path, "key_file": key}
    name = main.value("myhostname") or host.network.hostname
    usable = [lineage for lineage in host.lineages if lineage.number is not None]
    fitting = [lineage for lineage in usable if covers(lineage.names, name)]
    if not usable:
        return {"source": "self-signed"}
    return {"source": "letsencrypt", "name": (fitting or usable)[0].name}


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
        kind: Callable[[str], Any] = type(getattr(defaults, name))
        if kind is str or text.isdigit():
            found[name] = kind(text)
    return found
