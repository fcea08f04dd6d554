"""Check the signer, the modes of its keys, and their records at the zones' own servers."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from pathlib import PurePosixPath

from wizard.answers.model import Answers
from wizard.dns.key_record import RIGHT, UNKNOWN, KeyRecord
from wizard.dns.key_records import published, zone_line
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import NO_CURE, Check, Cure, Finding, cure
from wizard.finding import RIGHT as RIGHT_NOW
from wizard.host import signature
from wizard.host.milter import MilterFault, MilterRefusal, added_headers, milter_fault
from wizard.host.network import parse_resolvers
from wizard.host.signing import owner_name, read_keys
from wizard.host.signing_facts import SigningKey
from wizard.postfix.settings import Settings
from wizard.sections.dkim.milters import MAPS, NETWORKS_TABLE, OUR_MAPS
from wizard.sections.dkim.opendkim import TRUSTED_HOSTS
from wizard.sections.dkim.records import newest, today
from wizard.sections.dkim.rows import rows
from wizard.sections.dkim.setup import ON, SIGNER, day_of, domains_of
from wizard.sections.dkim.signer import Key, Retired, Setup
from wizard.sections.dkim.trusted import translated
from wizard.sections.dkim.use import APPLY, judge_use
from wizard.text import printable, shortened

DNS_SECONDS = 3.0
SIGN_SECONDS = 2.0

_UNIT = Check("unit.dkim", f"signer: {SIGNER.unit}", "runs, and answers on its socket")
_KEYS = Check("dkim.keys", "DKIM: the keys", f"{SIGNER.user} alone can read and replace them")
_NETWORKS = Check(
    "dkim.networks", "DKIM: trusted networks", "those of mynetworks, so that their mail is signed"
)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_SHOWN = 3


def judge_dkim(door: Door, settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Yield `unit.dkim`, `dkim.keys`, `.networks`, `.signature`, `.postfix` and `.leaving`, and `dns.dkim` of each domain.

    Nothing if the section is off.
    """
    if answers.dkim.use != ON:
        return
    setup = today(door)
    unit = _judge_unit(door)
    yield unit
    if setup is None:
        yield _KEYS.wrong("the wizard's rows are not in its tables", f"`{APPLY}` writes them.")
        return
    keys = {one: SIGNER.key_path(one) for one in setup.keys}
    found = read_keys(door, keys.values())
    yield _judge_keys(door, list(keys.values()), found)
    yield _judge_networks(door, settings, setup)
    publics = {one: found[path].public for one, path in keys.items() if path in found}
    if unit.verdict == RIGHT_NOW:
        yield from _judge_signatures(setup, publics)
    if setup.signing:
        yield from judge_use(door, settings, [one.domain for one in setup.signing])
    yield from _judge_records(door, answers, setup, publics)


def _judge_unit(door: Door) -> Finding:
    if not door.is_live:
        return _UNIT.unknown("nothing runs in another root")
    outcome = door.run(("systemctl", "is-active", f"{SIGNER.unit}.service"), timeout=3)
    state = outcome.text.strip() if outcome is not None else "unknown"
    fault = milter_fault(SIGNER.socket)
    if state == "active" and not fault:
        return _UNIT.right(f"active, answers on {SIGNER.socket}")
    commands = f"systemctl restart {SIGNER.unit}"
    return _UNIT.wrong(
        printable("; ".join(filter(None, [state, fault]))),
        f"`{commands}`; `journalctl -u {SIGNER.unit} -n 20` says why it ended.",
        cure(commands),
    )


def _judge_keys(door: Door, paths: list[str], found: dict[str, SigningKey]) -> Finding:
    missing = [one for one in paths if one not in found]
    if missing:
        return _KEYS.wrong(f"{shortened(missing, _SHOWN)}: no such key", f"`{APPLY}` makes it.")
    unusable = [f"{path}: {one.why}" for path, one in found.items() if one.why]
    if unusable:
        return _KEYS.wrong(
            printable(shortened(unusable, _SHOWN)),
            "Choose another `selector` in [dkim]: the next run makes new keys.",
        )
    for key in found.values():
        fault, command = _key_fault(key)
        if fault:
            return _KEYS.wrong(f"{key.path} {fault}", f"`{command}`", cure(command))
    try:
        for directory in dict.fromkeys(
            str(one) for path in paths for one in reversed(PurePosixPath(path).parents)
        ):
            fault, cured = _directory_fault(door, directory)
            if fault:
                commands = " and ".join(f"`{' '.join(one)}`" for one in cured.commands)
                return _KEYS.wrong(f"{directory} {fault}", commands, cured)
    except Trouble as trouble:
        return _KEYS.unknown(trouble.wrong)
    return _KEYS.right(f"{len(paths)} in {SIGNER.user}'s hands")


def _key_fault(key: SigningKey) -> tuple[str, str]:
    """Return what is wrong with a key's mode or owner, and the command against it."""
    if key.mode & _OTHERS:
        return f"has mode {key.mode:04o}: others may read it", f"chmod 600 {key.path}"
    if key.owner != SIGNER.user:
        return f"belongs to {key.owner}", f"chown {SIGNER.user}: {key.path}"
    return "", ""


def _directory_fault(door: Door, path: str) -> tuple[str, Cure]:
    """Return why others could replace a key below a directory, and the cure."""
    status = door.stat(path)
    if status is None:
        return "", NO_CURE
    if status.st_mode & _OTHERS_WRITE and not status.st_mode & stat.S_ISVTX:
        mode = stat.S_IMODE(status.st_mode)
        return f"has mode {mode:04o}: others may write there", cure(f"chmod go-w {path}")
    owner = owner_name(status.st_uid)
    if owner not in {"root", SIGNER.user}:
        return f"belongs to {owner}", cure(f"chown root {path}")
    return "", NO_CURE


def _judge_networks(door: Door, settings: Settings, setup: Setup) -> Finding:
    """Compare mynetworks with the signer's table, and with the table of milters where it is in use."""
    wanted, foreign = translated(settings.words("mynetworks"))
    tables = {TRUSTED_HOSTS: rows(door.readable_text(TRUSTED_HOSTS).encode())}
    if setup.signing and settings.raw(MAPS) == OUR_MAPS:
        tables[NETWORKS_TABLE] = rows(door.readable_text(NETWORKS_TABLE).encode())
    for path, found in tables.items():
        missing = [one for one in wanted if one not in found and not _covers(found, one)]
        if missing or foreign:
            names = shortened([printable(one) for one in (*missing, *foreign)], _SHOWN)
            return _NETWORKS.wrong(
                f"{names} is in mynetworks and not in {path}: its mail on port 25 is not signed",
                f"`{APPLY}` writes it, or says why it cannot.",
                NO_CURE if foreign else cure(APPLY),
            )
    return _NETWORKS.right(shortened(list(wanted), _SHOWN))


def _judge_signatures(setup: Setup, publics: Mapping[Key, str]) -> Iterator[Finding]:
    """Have the signer sign a message of each domain, which is not sent, and verify it."""
    for key in setup.signing:
        check = Check(
            "dkim.signature", f"a message from {key.domain}", f"signed with {key.selector}"
        )
        headers = (
            ("From", f"postfix-wizard@{key.domain}"),
            ("To", f"postfix-wizard@{key.domain}"),
            ("Subject", "Is this signed?"),
            ("Date", formatdate()),
            ("Message-ID", f"<check.postfix-wizard@{key.domain}>"),
        )
        body = b"This message is not sent.\r\n"
        public = publics.get(key, "")
        try:
            added = added_headers(SIGNER.socket, headers, body, SIGN_SECONDS)
        except MilterRefusal as refusal:
            advice = f"`journalctl -u {SIGNER.unit} -n 20` says why; look at its KeyTable and SigningTable."
            yield check.wrong(
                printable(f"{SIGNER.unit} has no signature for it: {refusal}"), advice
            )
            continue
        except MilterFault as fault:
            yield check.unknown(printable(f"{SIGNER.unit}: {fault}"))
            # The others would wait as long.
            return
        if not public:
            yield check.unknown("its key cannot be read here")
            continue
        head = "".join(f"{name}: {value}\r\n" for name, value in (*added, *headers))
        why = signature.fault(
            head.encode("utf-8", "surrogateescape") + b"\r\n" + body,
            key.domain,
            key.selector,
            public,
        )
        if why:
            commands = f"systemctl restart {SIGNER.unit}"
            yield check.wrong(
                printable(why),
                f"`{commands}`, if its files changed since it began; `journalctl -u {SIGNER.unit} -n 20`.",
                cure(commands),
            )
        else:
            yield check.right(f"{SIGNER.unit} signs it, and the signature is right")


def _covers(found: Mapping[str, str], network: str) -> bool:
    """True if a host of the network's size is there by its address alone."""
    address, _, length = network.partition("/")
    return length in {"32", "128"} and address in found


def _judge_records(
    door: Door, answers: Answers, setup: Setup, publics: dict[Key, str]
) -> Iterator[Finding]:
    """Yield a finding for each domain that signs or is to sign."""
    known = {one.name: public for one, public in publics.items() if public}
    resolvers = parse_resolvers(door.readable_text("/etc/resolv.conf"))
    # Whether an old record has any key can be seen without the key.
    queried = {one.key.name: "" for one in setup.retired} | known
    said = published(queried, resolvers, seconds=DNS_SECONDS) if door.is_live else {}
    for domain in domains_of(answers):
        key = newest(domain, answers, setup)
        if key is None:
            check = Check("dns.dkim", f"DKIM: {domain}", "a key", fatal=False)
            yield check.warning("it has no key yet", f"`{APPLY}` makes one.", cure(APPLY))
            continue
        check = Check(
            "dns.dkim", f"{key.name} TXT", "this key at each server of the zone", fatal=False
        )
        if key.name not in known:
            yield check.unknown("its key cannot be read here")
        elif key.name not in said:
            yield check.unknown("no server is asked for another root")
        else:
            line = zone_line(key.name, known[key.name])
            yield _record(check, said[key.name], line, signs=key in setup.signing)
    today = day_of(time.time())
    for one in setup.retired:
        if one.key.name in said:
            yield _old_record(one, said[one.key.name], is_due=one.due <= today)


def _old_record(one: Retired, record: KeyRecord, *, is_due: bool) -> Finding:
    """Return the finding on a key that signs no more: its record is to be withdrawn once it is due."""
    name = one.key.name
    check = Check(
        "dns.dkim", f"{name} TXT", "withdrawn, since nothing is signed with it", fatal=False
    )
    if record.is_gone:
        return check.right(f"withdrawn; `rm {SIGNER.key_path(one.key)}` ends this")
    if record.state == UNKNOWN:
        return check.unknown(printable(record.why))
    if not is_due:
        return check.right(f"published until {one.date}, for mail that is on its way")
    return check.warning(
        f"published still; it is due since {one.date}",
        f"Publish at each server, in its place: {zone_line(name, '')}",
    )


def _record(check: Check, record: KeyRecord, line: str, *, signs: bool) -> Finding:
    state, why = record.state, printable(record.why)
    if record.is_test:
        seen = f"{why}; t=y says that it is a test, so receivers may take no account of signatures"
        return check.warning(seen, f"Publish it without t=y at each server: {line}")
    if state == UNKNOWN:
        return check.unknown(why)
    if state == RIGHT and signs:
        return check.right(why)
    if state == RIGHT:
        return check.warning(
            f"published now at {why}; mail is not signed yet", f"Run `{APPLY}`.", cure(APPLY)
        )
    if signs:
        return check.wrong(f"{why}: signatures of it fail", f"Publish it at each server: {line}")
    return check.warning(f"{why}; mail is not signed yet", f"Publish it at each server: {line}")
