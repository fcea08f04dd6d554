"""Check a second MX on this host: its recipients, its routes, and what a primary exempts.

What the DNS and the primary say is checked by `wizard.check.dns.exchangers`, and the answer to an
unknown recipient by `wizard.check.smtp.recipients`.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers.model import Answers
from wizard.answers.rules.backup import VERIFY
from wizard.answers.sections.backup import BACKUP_RECIPIENTS, Backup
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding, cure
from wizard.host.postfix import read_table
from wizard.host.transports import transports
from wizard.postfix.restrictions import ParsedRestriction
from wizard.postfix.second_mx import (
    CACHE,
    CODE,
    DOMAINS,
    LIMITS,
    LIST,
    MAPS,
    REFUSED,
    RELAY_RULES,
    TRANSPORTS,
    VERIFIED,
    Live,
    exempt,
    in_brackets,
    is_table,
    verified,
)
from wizard.postfix.sender_access import rows_by_key
from wizard.postfix.settings import Settings
from wizard.sections.backup.recipients import read_recipients
from wizard.text import counted, printable, shortened

_RUN = "`postfix-wizard apply --section backup`"
_CURE = cure("postfix-wizard apply --section backup --yes --take-planned")
_SHOWN = 3
_CLASSES = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains")
_REFUSE = ("reject_rbl_client", "reject_rhsbl_", "check_policy_service", "warn_if_reject")
"""How restrictions begin that a backup's mail must not meet."""
_PERMITS = ("permit", "check_sender_access", "check_client_access", "check_helo_access")
"""How restrictions begin that may end the list with a permit."""

_RECIPIENTS = Check(
    "backup.recipients", "second MX: recipients", "those of the primary, and all others refused"
)
_ROUTES = Check("backup.transport", "second MX: where its mail goes", "to the primary itself")
_TWICE = Check("backup.classes", "second MX: its domains", "in no list of local domains")
_SERVERS = Check(
    "backup.servers", "backups of this server", "pass blocklists, SPF and rate limits alone"
)


def judge_backup(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Yield `backup.recipients`, `.transport`, `.classes` and `.servers`; nothing for what is not in use."""
    own, live = answers.backup, Live.of(settings.own)
    if own.domains:
        fault = _of_verify(own, live, settings) if own.recipients == VERIFY else ""
        yield (
            _RECIPIENTS.wrong(fault, f"{_RUN} writes it.", _CURE)
            if fault
            else _RECIPIENTS.right("their server confirms each")
            if own.recipients == VERIFY
            else _judge_file(door, own, live)
        )
        yield _judge_routes(door, settings, own)
        yield _judge_classes(settings, own)
    if own.servers:
        yield _judge_servers(settings, live, own)


def _of_verify(own: Backup, live: Live, settings: Settings) -> str:
    """Return why mail for unknown recipients may be taken, "" if it is refused."""
    covered = {one for item in _before_permits(live) for one in verified(item)}
    missing = [one for one in own.domains if one not in covered]
    if missing:
        return (
            f"{LIST} has no {VERIFIED} for {shortened(missing, _SHOWN)} before what permits mail: any "
            "name is taken"
        )
    if settings.value(CODE) != REFUSED:
        return f"{CODE} = {printable(settings.value(CODE))}: an unknown recipient is not refused"
    if not settings.value(CACHE):
        return f"{CACHE} is empty: nothing that was verified stays known"
    others = [one for one in live.values[MAPS] if not is_table(one)]
    return f"{MAPS} = {printable(', '.join(others))} refuses recipients, too" if others else ""


def _before_permits(live: Live) -> Iterator[ParsedRestriction]:
    """Yield the restrictions between the rule against relaying and what may permit mail."""
    keys = [one.key for one in live.restrictions]
    first = next((at for at, key in enumerate(keys) if key in RELAY_RULES), len(keys))
    for one in live.restrictions[first + 1 :]:
        if one.key.startswith(_PERMITS):
            return
        yield one


def _judge_file(door: Door, own: Backup, live: Live) -> Finding:
    """Compare the file, the text of the table, and the table that Postfix reads."""
    table = next(filter(is_table, live.values[MAPS]), "")
    if not table:
        return _RECIPIENTS.wrong(
            f"{MAPS} has no {BACKUP_RECIPIENTS}: recipients of the file are refused, or any name is taken",
            f"{_RUN} writes it.",
            _CURE,
        )
    try:
        listed = set(read_recipients(door, own.recipients, own.domains))
        text = door.read_bytes(BACKUP_RECIPIENTS)
        dump = read_table(door, table.partition(":")[0], BACKUP_RECIPIENTS)
    except Trouble as trouble:
        return _RECIPIENTS.unknown(trouble.wrong)
    except ValueError as fault:
        return _RECIPIENTS.warning(f"{fault}", f"Correct {own.recipients}, then run {_RUN}.")
    if dump is None and not door.is_live:
        return _RECIPIENTS.unknown("tables of another root are not read")
    rows = {*rows_by_key(dump or b"")}
    if rows != {*rows_by_key(text or b"")} or rows != listed:
        return _RECIPIENTS.wrong(
            f"{own.recipients} is newer than the table: {_difference(listed, rows)}",
            f"{_RUN} makes the table anew.",
            _CURE,
        )
    return _RECIPIENTS.right(f"{counted(len(rows), 'address', 'addresses')}, as in the file")


def _difference(listed: set[str], rows: set[str]) -> str:
    refused, taken = sorted(listed - rows), sorted(rows - listed)
    if refused:
        return f"mail for {printable(shortened(refused, _SHOWN))} is refused"
    if taken:
        return f"mail for {printable(shortened(taken, _SHOWN))} is taken, and returned later"
    return f"the table is not that of {BACKUP_RECIPIENTS}"


def _judge_routes(door: Door, settings: Settings, own: Backup) -> Finding:
    relayed = {one.lower() for one in settings.words(DOMAINS)}
    missing = [one for one in own.domains if one not in relayed]
    if missing:
        return _ROUTES.wrong(
            f"{DOMAINS} has no {shortened(missing, _SHOWN)}: its mail is refused",
            f"{_RUN} writes it.",
            _CURE,
        )
    if not door.is_live:
        return _ROUTES.unknown("tables of another root are not read")
    found = transports(door, settings.words(TRANSPORTS), own.domains)
    if found.unknown:
        return _ROUTES.unknown(printable(f"{shortened(found.unknown, _SHOWN)} does not answer"))
    wanted = f"relay:[{own.primary}]"
    for domain in own.domains:
        to = found.away.get(domain, "")
        if not to:
            return _ROUTES.wrong(
                f"{TRANSPORTS} has no {domain}: its mail goes to its MX, which may be this host",
                f"{_RUN} writes it.",
                _CURE,
            )
        if to.lower() != wanted:
            return _ROUTES.wrong(
                printable(f"{TRANSPORTS} sends mail for {domain} to {to}, not to {wanted}"),
                f"Take that row out of its table, or name that server in [backup] primary; {_RUN}.",
            )
    return _ROUTES.right(f"{counted(len(own.domains), 'domain')} to {own.primary}")


def _judge_classes(settings: Settings, own: Backup) -> Finding:
    for name in _CLASSES:
        local = {one.lower() for one in settings.words(name)}
        twice = [one for one in own.domains if one in local]
        if twice:
            return _TWICE.wrong(
                f"{shortened(twice, _SHOWN)} is in {name} too, so its mail stays on this host",
                f"Take it out of {name}, or out of [backup] domains; reload.",
            )
    return _TWICE.right("they are in none")


def _judge_servers(settings: Settings, live: Live, own: Backup) -> Finding:
    keys = [one.key for one in live.restrictions]
    rule = next((at for at, key in enumerate(keys) if key in RELAY_RULES), len(keys))
    first = next((at for at, key in enumerate(keys) if key.startswith(_REFUSE)), len(keys))
    passing = {one for item in live.restrictions[rule + 1 : first] for one in exempt(item)}
    refused = [one for one in own.servers if one not in passing]
    if refused:
        return _SERVERS.wrong(
            f"{LIST} does not exempt {shortened(refused, _SHOWN)} before it refuses: the backup returns "
            "that mail",
            f"{_RUN} writes it.",
            _CURE,
        )
    free = {one.lower() for one in settings.words(LIMITS)}
    limited = [one for one in own.servers if in_brackets(one) not in free]
    if limited:
        return _SERVERS.wrong(
            f"{LIMITS} has no {shortened(limited, _SHOWN)}: after an outage its mail is slowed down",
            f"{_RUN} writes it.",
            _CURE,
        )
    return _SERVERS.right(f"{counted(len(own.servers), 'address', 'addresses')}")
