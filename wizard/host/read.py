"""The whole host, read once: slow commands are started first, files read meanwhile."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Optional

from wizard.certificates.certbot import PROGRAM
from wizard.certificates.lineage import read_lineages
from wizard.certificates.pairs import read_pair
from wizard.certificates.paths import RENEWAL_HOOK, SELF_SIGNED_CERT, SELF_SIGNED_KEY
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.aliases import read_aliases, read_users
from wizard.host.distribution import read_distribution
from wizard.host.dovecot import begin_dovecot, with_queue
from wizard.host.facts import Distribution, FileFacts, Gathered, Host, Package, Postfix
from wizard.host.files import read_file
from wizard.host.firewall import begin_firewall
from wizard.host.leftovers import read_leftovers
from wizard.host.main_cf import likely_database_type, likely_version, own_parameters
from wizard.host.named import read_named_zones
from wizard.host.network import begin_network
from wizard.host.package import begin_package
from wizard.host.postfix import (
    SENDER_ACCESS,
    Configuration,
    begin_configuration,
    read_table,
)
from wizard.host.relay import has_plain, read_relay_table, read_sasl_passwd
from wizard.host.selinux import read_selinux
from wizard.host.sockets import begin_listeners
from wizard.host.units import DOVECOT, NAMED, POSTFIX, begin_units

MAIN_CF = "/etc/postfix/main.cf"
MASTER_CF = "/etc/postfix/master.cf"
HOOK_MODE = 0o755


def read_host(door: Door, *, candidate: bool = True, gathered: Optional[Path] = None) -> Host:
    """Read all facts of the host behind the door.

    Without an installed Postfix the files are those of the package that dnf would install,
    unless `candidate` is false: then they are absent. `gathered` is where gather runs put what
    they bring, None for nowhere. Raises Trouble when a file cannot be
    read, a command hangs, or that package cannot be had.
    """
    package_later = begin_package(door)
    configuration_later = begin_configuration(door)
    firewall_later = begin_firewall(door)
    units_later = begin_units(door)
    network_later = begin_network(door)
    listeners_later = begin_listeners(door)
    dovecot_later = begin_dovecot(door)

    distribution = read_distribution(door)
    main_cf, master_cf, sender_access = (
        read_file(door, path) for path in (MAIN_CF, MASTER_CF, SENDER_ACCESS)
    )
    hook = _read_hook(door)
    sasl_passwd = read_sasl_passwd(door)
    lineages = read_lineages(door)
    self_signed = read_pair(door, SELF_SIGNED_CERT, SELF_SIGNED_KEY)
    zones = read_named_zones(door)

    package = package_later()
    configuration = configuration_later()
    if configuration is not None:
        postfix = _asked(package, configuration)
        parameters = configuration.parameters
    else:
        parameters = own_parameters(main_cf.live or b"")
        postfix = _from_files(door, package, main_cf, parameters, distribution)
    table = read_table(door, postfix.default_database_type)
    relay_table = read_relay_table(door, postfix.default_database_type)
    if not postfix.installed and candidate and door.is_live:
        postfix, main_cf, master_cf = _to_come(door, main_cf, master_cf)

    to_be = own_parameters(main_cf.live or b"") if main_cf.from_package else parameters
    aliases = read_aliases(door, to_be, postfix.default_database_type)
    units = units_later()
    return Host(
        root=str(door.root),
        is_root_user=os.geteuid() == 0,
        distribution=distribution,
        postfix=postfix,
        main_cf=main_cf,
        master_cf=master_cf,
        sender_access=sender_access,
        hook=hook,
        table=table,
        aliases=aliases,
        users=read_users(door),
        lineages=lineages,
        self_signed=self_signed,
        firewall=firewall_later(),
        unit=units.states[POSTFIX],
        listeners=listeners_later(),
        network=network_later(),
        dovecot=replace(
            with_queue(
                door,
                dovecot_later(),
                parameters.get("queue_directory", ""),
                parameters.get("mailbox_transport", ""),
            ),
            unit=units.states[DOVECOT],
        ),
        selinux=read_selinux(door),
        parameters=parameters,
        zones=zones,
        named_runs=any(units.states[name].active == "active" for name in NAMED),
        read_at=int(time.time()),
        gathered=_gathered(door, gathered),
        sasl_passwd=sasl_passwd,
        relay_table=relay_table,
        has_plain=has_plain(door),
        certbot=door.stat(PROGRAM) is not None,
        leftovers=tuple(read_leftovers(door, (MAIN_CF, MASTER_CF))),
    )


def _gathered(door: Door, place: Optional[Path]) -> tuple[Gathered, ...]:
    if place is None or not door.is_live:
        return ()
    try:
        there = door.list_dir(str(place))
    except Trouble:
        return ()  # it is root's; who is not root makes plans without it
    if not there:
        return ()
    # Loaded only where something waits: its patterns take 3 ms of every other start.
    from wizard.host.gathered import read_gathered  # noqa: PLC0415

    return read_gathered(door, place)


def _read_hook(door: Door) -> FileFacts:
    """Read certbot's hook; one that certbot could not run is as good as none, and is replaced."""
    facts = read_file(door, RENEWAL_HOOK)
    return facts if facts.live is not None else replace(facts, mode=HOOK_MODE)


def _asked(package: Optional[Package], configuration: Configuration) -> Postfix:
    version = configuration.value("mail_version")
    return Postfix(
        package,
        version,
        configuration.value("default_database_type")
        or likely_database_type(configuration.parameters, version),
        configuration.table_types,
        frozenset(configuration.defaults),
        configuration.instances,
        configuration.stderr,
    )


def _from_files(
    door: Door,
    package: Optional[Package],
    main_cf: FileFacts,
    parameters: dict[str, str],
    distribution: Distribution,
) -> Postfix:
    if package is None and main_cf.live is not None and not door.is_live:
        # A copied main.cf is that of an installed Postfix; which package, it does not tell.
        package = Package("", candidate=False)
    version = likely_version(parameters, distribution)
    return Postfix(package, version, likely_database_type(parameters, version))


def _to_come(
    door: Door, main_cf: FileFacts, master_cf: FileFacts
) -> tuple[Postfix, FileFacts, FileFacts]:
    # tarfile and its kin are loaded only where Postfix is missing: 4 ms of every other start.
    from wizard.host.package_files import read_package_files  # noqa: PLC0415

    files = read_package_files(door)
    package = Package(files.nevra, candidate=True)
    return (
        Postfix(package, files.version, files.default_database_type),
        _laid(main_cf, files.main_cf),
        _laid(master_cf, files.master_cf),
    )


def _laid(there: FileFacts, text: bytes) -> FileFacts:
    """Return what dnf leaves: %config(noreplace) keeps a file that stands there already."""
    return there if there.live is not None else replace(there, live=text, from_package=True)
