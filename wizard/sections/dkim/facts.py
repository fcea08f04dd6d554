"""Read what a plan of this section needs of the host: keys, EPEL, and the package's files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from wizard.answers.model import Answers
from wizard.dns.key_record import KeyRecord
from wizard.dns.key_records import published, unmade
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Host
from wizard.host.signing import members, read_keys, read_repositories
from wizard.host.signing_facts import SigningKey
from wizard.sections.dkim.others import other_signer
from wizard.sections.dkim.plan import POSTFIX_USER
from wizard.sections.dkim.setup import SIGNER, today_of, wanted_keys, withdrawn_now
from wizard.sections.dkim.signer import Key

DNS_SECONDS = 5.0
"""For all servers of all zones together."""


def with_signing(door: Door, answers: Answers, host: Host) -> Host:
    """Return the host with these facts. Never raises."""
    repositories = read_repositories(door)
    signing = replace(host.signing, repositories=repositories)
    host = replace(host, signing=signing)
    if SIGNER.program not in host.programs and repositories and door.is_live:
        host = _with_package(door, host)
    keys = wanted_keys(answers, host)
    found = read_keys(door, [SIGNER.key_path(one) for one in keys])
    signing = replace(
        host.signing,
        keys=found,
        publics=_publics(host, keys, found),
        is_member=POSTFIX_USER in members(door, SIGNER.user),
        records=_records(answers, host, found) if door.is_live else {},
    )
    host = replace(host, signing=signing)
    withdrawn = {one.name: "" for one in withdrawn_now(answers, host)}
    return replace(host, signing=replace(signing, publics={**signing.publics, **withdrawn}))


def _publics(host: Host, keys: Collection[Key], found: Mapping[str, SigningKey]) -> dict[str, str]:
    """Return the public parts of usable keys, and the marks of those that this plan makes."""
    makes = not other_signer(host, SIGNER)
    publics = {}
    for one in keys:
        path = SIGNER.key_path(one)
        key = found.get(path)
        if key is None and makes:
            publics[one.name] = unmade(path)
        elif key is not None and key.public and not key.why:
            publics[one.name] = key.public
    return publics


def _records(answers: Answers, host: Host, found: Mapping[str, SigningKey]) -> dict[str, KeyRecord]:
    """Return what the zones' own servers have of keys that are to sign, or to be withdrawn now."""
    today = today_of(host)
    publics = {
        one.name: found[SIGNER.key_path(one)].public
        for one in wanted_keys(answers, host)
        if one not in today.signing and SIGNER.key_path(one) in found
    }
    # Whether a record has any key can be seen without the key.
    old = {one.name: "" for one in withdrawn_now(answers, host)}
    queried = {name: public for name, public in publics.items() if public} | old
    return published(queried, host.network.resolvers, seconds=DNS_SECONDS) if queried else {}


def _with_package(door: Door, host: Host) -> Host:
    """Return the host with the files of the package that dnf would install."""
    from wizard.host.package_files import read_candidate  # noqa: PLC0415 - it costs time
    from wizard.host.read import laid  # noqa: PLC0415

    try:
        found = read_candidate(door, SIGNER.package, SIGNER.files)
    except Trouble as trouble:
        why = f"{trouble.doing}: {trouble.wrong}. {trouble.advice}"
        return replace(host, signing=replace(host.signing, why_no_package=why))
    files = {path: laid(host.files[path], text) for path, text in found.files.items()}
    return replace(
        host,
        files={**host.files, **files},
        signing=replace(host.signing, package=found.nevra),
    )
