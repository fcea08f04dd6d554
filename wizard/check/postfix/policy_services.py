"""Ask the policy services of this host as smtpd(8) does (SMTPD_POLICY_README).

A service behind RCPT is met by no session of a check, since no check sends a message. One before the
rule against relaying may let strangers relay.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from wizard.check.outside import NOT_CAUSED
from wizard.check.postfix.backends import Backend, service_sockets
from wizard.check.postfix.restrictions import AFTER_RCPT, RECIPIENT, RELAY, items
from wizard.check.smtp.session import OUTSIDER
from wizard.finding import Check, Finding
from wizard.postfix.restrictions import RELAY_RULES
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

SECONDS = 1.5
"""For one answer; a service of this host needs some milliseconds."""

_CHECK = Check(
    "restrictions.services", "policy services", "let mail pass, and nobody relay", fatal=False
)
_SERVICE = "check_policy_service"
_LARGEST = 65536
REFUSES = re.compile(r"(?:reject|defer|defer_if_permit|[45]\d\d)(?![\w-])", re.IGNORECASE)
PERMITS = re.compile(r"(?:ok|permit|\d+$)(?![\w-])", re.IGNORECASE)
_OF_PROBE = re.compile(r"gr[ea]y|spf|dmarc|later|rate|quota|limit", re.IGNORECASE)
"""Words of a refusal that is about this one message, and not about each."""
_STATES = {AFTER_RCPT[0]: "DATA", AFTER_RCPT[1]: "END-OF-MESSAGE"}
_STRANGER, _STRANGERS_MAIL = "62.99.12.77", "probe@postfix.org"
_MOST = 4

Ask = Callable[[Backend, str], str]


class Trial(NamedTuple):
    """A service of a list, and the services with their requests. `fault` is what all must not answer."""

    where: str
    requests: tuple[tuple[Backend, str], ...]
    fault: re.Pattern[str]


def begin_policies(
    settings: Settings,
    services: Sequence[Service],
    person: str,
    pool: Executor,
    *,
    helo: str,
    asks_others: bool,
) -> Callable[[], Iterator[Finding]]:
    """Ask in threads of the pool; call the result to wait for `restrictions.services`.

    `person` is an address here. Without `asks_others` none is queried: what it asks is not known.
    """
    at_25 = next((one for one in services if one.port_number == 25), None)  # noqa: PLR2004
    port = settings if at_25 is None else settings.of(at_25.values)
    trials = tuple(_trials(port, person, helo))[:_MOST]
    if not trials:
        return lambda: iter(())
    if not asks_others:
        return lambda: iter((_CHECK.unknown(NOT_CAUSED),))
    answers = [[pool.submit(ask, *each) for each in one.requests] for one in trials]
    return lambda: judge_policies(
        trials, [[each.result() for each in several] for several in answers]
    )


def judge_policies(trials: Sequence[Trial], answers: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """`restrictions.services`, by what each service answered, "" for nothing."""
    for trial, several in zip(trials, answers):
        if all(trial.fault.match(one) and not _OF_PROBE.search(one) for one in several):
            relays = trial.fault is PERMITS
            does = "any stranger relays" if relays else "every message is refused"
            yield _CHECK.wrong(
                printable(f"{trial.where}: it answers {several[0]}: {does}"),
                "Correct its own settings, or move it behind reject_unauth_destination; reload."
                if relays
                else "Correct its own settings, or take it out of the list; reload.",
            )
            return
    if not all(map(all, answers)):
        yield _CHECK.unknown("one did not answer in time; `behind.*` says whether it is there")
    else:
        yield _CHECK.right("none refuses all mail, and none opens the server")


def ask(service: Backend, request: str) -> str:
    """Return the action that a service answers, "" for none in time."""
    try:
        with _connected(service) as there:
            there.settimeout(SECONDS)
            there.sendall(request.encode())
            said = b""
            while b"\n\n" not in said and len(said) < _LARGEST:
                piece = there.recv(4096)
                if not piece:
                    break
                said += piece
    except (OSError, ValueError, OverflowError):
        return ""
    found = re.search(rb"^action=([^\n]*)", said, re.MULTILINE)
    return found[1].decode("utf-8", "replace").strip() if found else ""


def _connected(service: Backend) -> socket.socket:
    if not service.path:
        port = service.port
        number = int(port) if port.isdecimal() else socket.getservbyname(port)
        host = "127.0.0.1" if service.host == "localhost" else service.host
        return socket.create_connection((host, number), SECONDS)
    there = socket.socket(socket.AF_UNIX)
    there.settimeout(SECONDS)
    try:
        there.connect(service.path)
    except OSError:
        there.close()
        raise
    return there


def _trials(settings: Settings, person: str, helo: str) -> Iterator[Trial]:
    for name, state in _STATES.items():
        ours = request(state, helo, "127.0.0.1", person, person)
        strangers = request(state, helo, _STRANGER, _STRANGERS_MAIL, person)
        for service in _before(settings, name, frozenset({"permit", "reject", "defer"})):
            requests = ((service, ours), (service, strangers))
            yield Trial(f"{name}: {service}", requests, REFUSES)
    # Relaying is refused where one of the two lists refuses it.
    lists = [one for one in (RELAY, RECIPIENT) if settings.value(one)]
    first = [next(_before(settings, name, RELAY_RULES), None) for name in lists]
    there = [one for one in first if one is not None]
    if there and len(there) == len(lists):
        to_others = request("RCPT", helo, _STRANGER, _STRANGERS_MAIL, OUTSIDER)
        where = f"{' and '.join(lists)}: {_SERVICE} {there[0]}"
        yield Trial(where, tuple((one, to_others) for one in there), PERMITS)


def _before(settings: Settings, name: str, ends: frozenset[str]) -> Iterator[Backend]:
    """Yield the services of this host in a list before one of `ends`; what only warns is no part."""
    warns = False
    for restriction, argument in items(settings.words(name)):
        if restriction in ends and not warns:
            return
        if restriction == _SERVICE and not warns:
            yield from service_sockets(name, [argument])
        warns = restriction == "warn_if_reject"


def request(state: str, helo: str, client: str, sender: str, recipient: str) -> str:
    """Return the request of a message; its attributes are those of Postfix 3.5."""
    attributes = {
        "request": "smtpd_access_policy",
        "protocol_state": state,
        "protocol_name": "ESMTP",
        "client_address": client,
        "client_name": "localhost" if client.startswith("127.") else "unknown",
        "client_port": "",
        "reverse_client_name": "localhost" if client.startswith("127.") else "unknown",
        "server_address": "",
        "server_port": "25",
        "helo_name": helo,
        "sender": sender,
        "recipient": recipient,
        "recipient_count": "0" if state == "RCPT" else "1",
        "queue_id": "",
        "instance": f"{state}.{client}",
        "size": "0",
        "etrn_domain": "",
        "stress": "",
        "sasl_method": "",
        "sasl_username": "",
        "sasl_sender": "",
        "ccert_subject": "",
        "ccert_issuer": "",
        "ccert_fingerprint": "",
        "ccert_pubkey_fingerprint": "",
        "encryption_protocol": "",
        "encryption_cipher": "",
        "encryption_keysize": "0",
        "policy_context": "",
    }
    return "".join(f"{name}={value}\n" for name, value in attributes.items()) + "\n"
