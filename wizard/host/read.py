"""Read all facts of a host once: start the slow commands first, read files meanwhile."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Optional

from wizard.certificates.lineage import read_lineages
from wizard.certificates.pairs import read_pair
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.aliases import read_aliases, read_aliases_file, read_users
from wizard.host.crypto_policy import read_crypto_policy
from wizard.host.distribution import read_distribution
from wizard.host.dovecot import begin_dovecot, with_queue
from wizard.host.facts import Distribution, FileFacts, Host, Needs, Package, Postfix, Unit
from wizard.host.files import read_leftovers, read_managed, read_of_section
from wizard.host.firewall import STOPPED, UNKNOWN, begin_firewall
from wizard.host.firewall_facts import Firewall
from wizard.host.gathered_facts import Gathered
from wizard.host.main_cf import (
    all_parameters,
    likely_database_type,
    likely_table_types,
    likely_version,
    own_parameters,
)
from wizard.host.mta import read_mtas
from wizard.host.named import read_named_zones
from wizard.host.network import begin_network
from wizard.host.postfix import (
    BEGIN,
    END,
    begin_configuration,
    begin_package,
    installed_postfix,
    read_table,
    usable_type,
)
from wizard.host.relay import has_plain, read_relay_table, read_sasl_passwd
from wizard.host.sockets import begin_listeners
from wizard.host.units import (
    DOVECOT,
    FIREWALLD,
    POSTFIX,
    RUNNING_STATES,
    Units,
    begin_units,
    has_systemd,
)
from wizard.paths import (
    ALIASES,
    MAIN_CF,
    MANAGED,
    MASTER_CF,
    RENEWAL_HOOK,
    SASL_PASSWD,
    SELF_SIGNED_CERT,
    SELF_SIGNED_KEY,
    SENDER_ACCESS,
)

MAX_LINES = 12_000
"""Lines of a file whose whole text a plan shows: ten thousand networks on lines of their own, and
two thousand others. Tables of senders and of aliases may be longer."""
MAX_WORDS = 12_000
"""Words of one parameter of main.cf."""
MAX_PARAMETERS = 3_000
"""Settings in main.cf: Postfix has 1,100 parameters, and each edit reads all of them."""
MAX_SENDERS = 1_010_000
"""Lines of sender_access: a million senders, and comments."""
MAX_ANSWERED_SENDERS = 10_000
"""Rows of the answers in sender_access: each plan has all answers, as TOML."""
MAX_MASTER_WORDS = 20_000
"""Words of master.cf outside its comments: two thousand services; Postfix comes with thirty."""
MAX_TIMES = 100
"""How often main.cf may set one parameter: entries with the value of the last are edited too."""


def read_host(
    door: Door, needs: Needs, *, candidate: bool = True, gathered: Optional[Path] = None
) -> Host:
    """Read all facts of the host, with those that sections need.

    Without an installed Postfix the files are those of the package that dnf would install; with
    `candidate` False they are absent. `gathered` is the directory of gather runs, None for none.
    Raises Trouble when a file cannot be read, a command hangs, or the package cannot be fetched.
    """
    _refuse_bare_chroot(door)
    package_later = begin_package(door)
    configuration_later = begin_configuration(door)
    firewall_later = begin_firewall(door)
    units_later = begin_units(door, needs.units)
    network_later = begin_network(door)
    listeners_later = begin_listeners(door)
    dovecot_later = begin_dovecot(door)

    distribution = read_distribution(door)
    files = {
        **{
            path: _READERS[path](door) if path in _READERS else read_managed(door, path)
            for path in MANAGED
        },
        **{path: read_of_section(door, path, mode) for path, mode in needs.files.items()},
    }
    for path in (MAIN_CF, MASTER_CF, RENEWAL_HOOK, SASL_PASSWD):
        _refuse_long(files[path], MAX_LINES, _LISTS_ELSEWHERE)
    _refuse_many_senders(files[SENDER_ACCESS])
    _refuse_wordy(files[MAIN_CF])
    _refuse_many_services(files[MASTER_CF])
    lineages = read_lineages(door)
    self_signed = read_pair(door, SELF_SIGNED_CERT, SELF_SIGNED_KEY)
    zones = tuple(read_named_zones(door))

    package = package_later()
    configuration = configuration_later()
    if configuration is not None:
        postfix = installed_postfix(package, configuration)
        parameters = configuration.parameters
    else:
        parameters = own_parameters(files[MAIN_CF].live or b"")
        postfix = _from_files(door, package, files[MAIN_CF], parameters, distribution)
    table = read_table(door, postfix.default_database_type)
    relay_table = read_relay_table(door, postfix.default_database_type)
    kind = postfix.default_database_type
    tables = {path: read_table(door, kind, path) for path in needs.tables}
    if not postfix.installed and candidate and door.is_live:
        # Imported only if Postfix is missing, since tarfile and others take 4 ms.
        from wizard.host.package_files import read_package_files  # noqa: PLC0415

        postfix, texts = read_package_files(door)
        files.update((path, laid(files[path], text)) for path, text in texts.items())

    main_cf = files[MAIN_CF]
    to_be = own_parameters(main_cf.live or b"") if main_cf.from_package else parameters
    aliases = read_aliases(door, files[ALIASES], to_be, postfix.default_database_type)
    units, network = units_later(), network_later()
    if not postfix.in_force and "." in network.hostname:
        postfix = replace(postfix, in_force={"myhostname": network.hostname})
    return Host(
        root=str(door.root),
        is_root_user=os.geteuid() == 0,
        distribution=distribution,
        postfix=postfix,
        files=files,
        table=table,
        tables=tables,
        aliases=aliases,
        users=read_users(door),
        lineages=lineages,
        self_signed=self_signed,
        firewall=_checked_firewall(firewall_later(), units, door),
        unit=units.states[POSTFIX],
        units={name: units.states[name] for name in needs.units},
        programs=frozenset(path for path in needs.programs if door.is_there(path)),
        listeners=listeners_later(),
        network=network,
        dovecot=replace(
            with_queue(
                door,
                dovecot_later(),
                parameters.get("queue_directory", ""),
                parameters.get("mailbox_transport", ""),
            ),
            unit=units.states.get(DOVECOT, Unit()),
        ),
        systemd=has_systemd(door) and units.answered,
        mtas=read_mtas(door, units.states, units.loaded),
        parameters=parameters,
        zones=zones,
        read_at=int(time.time()),
        gathered=_gathered(door, gathered),
        relay_table=relay_table,
        has_plain=has_plain(door),
        leftovers=tuple(read_leftovers(door, (MAIN_CF, MASTER_CF))),
        crypto_policy=read_crypto_policy(door),
    )


def _refuse_bare_chroot(door: Door) -> None:
    """Raise Trouble where no program can run: a chroot without the kernel's file systems."""
    for path, directory in (("/proc/self", "/proc"), (os.devnull, "/dev")):
        if door.is_live and door.lstat(path) is None:
            raise Trouble(
                "reading this host",
                f"{path} is missing, as in a chroot: no package and no service can be asked",
                f"Run this on the host itself, or mount its {directory} here.",
            )


def _checked_firewall(firewall: Firewall, units: Units, door: Door) -> Firewall:
    """Return firewalld as unknown if it does not answer and is not known to be stopped."""
    if firewall.state != STOPPED or not has_systemd(door):
        return firewall
    silent = not units.answered or units.states[FIREWALLD].active in RUNNING_STATES
    return replace(firewall, state=UNKNOWN) if silent else firewall


def _refuse_long(file: FileFacts, limit: int, advice: str) -> None:
    """Raise Trouble when a file or its `.orig` has more lines than `limit`."""
    for path, text in ((file.path, file.live), (f"{file.path}.orig", file.original)):
        lines = (text or b"").count(b"\n")
        if lines > limit:
            raise _too_much(path, f"it has {lines} lines", limit, advice)


def _too_much(path: str, found: str, limit: int, advice: str) -> Trouble:
    wrong = f"{found}, and the wizard edits at most {limit}"
    return Trouble(f"reading {path}", wrong, advice)


_LISTS_ELSEWHERE = (
    "Move long lists into files of their own, such as `mynetworks = cidr:/etc/postfix/networks` "
    "(postconf(5))."
)
_SENDERS_ELSEWHERE = (
    "Move senders into a table of your own, with a check_sender_access of its own (access(5))."
)


def _refuse_many_senders(senders: FileFacts) -> None:
    """Raise Trouble when sender_access has more rows than a plan can edit, or answers can have."""
    _refuse_long(senders, MAX_SENDERS, _SENDERS_ELSEWHERE)
    _, _, owned = (senders.live or b"").partition(BEGIN.encode())
    rows = owned.partition(END.encode())[0].count(b"\n") - 1
    if rows > MAX_ANSWERED_SENDERS:
        raise Trouble(
            f"reading {senders.path}",
            f"{rows} of its rows are from the answers, which have at most {MAX_ANSWERED_SENDERS}",
            f"Move the line '{END}' up: the rows below it are yours, and stay as they are.",
        )


def _refuse_wordy(main_cf: FileFacts) -> None:
    """Raise Trouble when editing would take more than a second: too many words or duplicates."""
    text = main_cf.live or b""
    if len(text) < min(2 * MAX_WORDS, 3 * MAX_PARAMETERS):  # a word and what follows it; `a=`
        return
    rows = all_parameters(text)
    name, times = Counter(name for name, _ in rows).most_common(1)[0] if rows else ("", 0)
    if times > MAX_TIMES:
        advice = "Postfix takes the last one: take out the others."
        raise _too_much(main_cf.path, f"{name} is set {times} times", MAX_TIMES, advice)
    if len(rows) > MAX_PARAMETERS:
        raise _too_much(
            main_cf.path,
            f"it sets {len(rows)} parameters",
            MAX_PARAMETERS,
            "Postfix has about a thousand: take out those that it does not know (`postconf -n`).",
        )
    for name, value in rows:
        words = len(value.replace(",", " ").split())
        if words > MAX_WORDS:
            raise _too_much(
                main_cf.path,
                f"{name} has {words} words",
                MAX_WORDS,
                "Move the list into a file of its own, such as `mydestination = "
                "/etc/postfix/domains` (postconf(5)).",
            )


def _refuse_many_services(master_cf: FileFacts) -> None:
    """Raise Trouble when master.cf has more words than can be edited in a second."""
    lines = (master_cf.live or b"").split(b"\n")
    words = sum(len(line.split()) for line in lines if not line.lstrip().startswith(b"#"))
    if words > MAX_MASTER_WORDS:
        advice = "Take services and options out that are not needed, or make them comments."
        raise _too_much(master_cf.path, f"it has {words} words", MAX_MASTER_WORDS, advice)


def _gathered(door: Door, place: Optional[Path]) -> tuple[Gathered, ...]:
    if place is None or not door.is_live:
        return ()
    # It is root's; other users make plans without it.
    if not door.readable_names(str(place)):
        return ()
    # Imported only if there is something to read: its patterns take 3 ms.
    from wizard.host.gathered import read_gathered  # noqa: PLC0415

    return read_gathered(door, place)


_READERS = {SASL_PASSWD: read_sasl_passwd, ALIASES: read_aliases_file}
"""The readers of files that need not be readable."""


def _from_files(
    door: Door,
    package: Optional[Package],
    main_cf: FileFacts,
    parameters: dict[str, str],
    distribution: Distribution,
) -> Postfix:
    if package is None and main_cf.live is not None and not door.is_live:
        # A copied main.cf is that of an installed Postfix, of an unknown package.
        package = Package("", candidate=False)
    version = likely_version(parameters, distribution)
    types = () if door.is_live else likely_table_types(distribution)
    table_type = usable_type(likely_database_type(parameters, version), types)
    return Postfix(package, version, table_type, types)


def laid(there: FileFacts, text: bytes) -> FileFacts:
    """Return a file as it will be after dnf: %config(noreplace) does not replace an existing one."""
    is_there = there.live is not None or there.is_link or bool(there.why)
    return there if is_there else replace(there, live=text, from_package=True)
