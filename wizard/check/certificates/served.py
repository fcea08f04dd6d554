"""Check that each port serves the certificates on disk (TLS_README)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Optional

from wizard.answers.model import Answers
from wizard.check.certificates.probing import ALL
from wizard.check.certificates.verifying import Chain
from wizard.check.tls.handshake import certificates
from wizard.check.tls.services import PortSettings, ignored_files
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, Check, Finding
from wizard.postfix import served
from wizard.postfix.parameters import BY_NAME
from wizard.text import printable


def planned_files(answers: Answers) -> tuple[str, ...]:
    """Return the certificate file of the answers."""
    return (BY_NAME[served.PAIR[0]].value(answers),)


def chains_on_disk(door: Door, paths: Sequence[str]) -> dict[str, Chain]:
    """Return the chain of each file that has one, as DER."""
    found = {}
    for path in paths:
        try:
            chain = certificates(door.read_bytes(path) or b"")
        except Trouble:
            continue
        if chain:
            found[path] = chain
    return found


def on_disk(door: Door, paths: Sequence[str]) -> dict[str, bytes]:
    """Return the leaf of each file that has one, as DER."""
    return {path: chain[0] for path, chain in chains_on_disk(door, paths).items()}


def judge_served(
    port: int,
    leaves: Mapping[str, bytes],
    disk: Mapping[str, bytes],
    here: PortSettings,
    planned: Optional[Mapping[str, bytes]] = None,
) -> Iterator[Finding]:
    """`certificate.PORT`: the leaf of each handshake is the same as on disk.

    `leaves` are by kind of client; a client without a certificate is not checked here. `disk` has
    the allowed leaves. After a renewal Postfix serves the old one until its smtpd processes end.
    `planned` has the leaf that the answers name. Another one beside it is right, such as that of
    ECDSA; a port that does not serve the planned one to anybody has a warning.
    """
    got = {client: leaf for client, leaf in leaves.items() if leaf}
    if not got:
        return
    others = [client for client, leaf in got.items() if leaf not in disk.values()]
    named = [client for client in others if client != ALL] or others
    to = f", to {' and '.join(named)}" if len(others) < len(got) else ""
    check = Check(
        f"certificate.{port}", f"port {port}: certificate", " or ".join(disk) or served.PAIR[0]
    )
    if not disk:
        seen = "not known: no certificate can be read on disk"
        yield check.finding(UNKNOWN, seen, _advice(here))
    elif others:
        yield check.wrong(f"another one than on disk{to}", _advice(here))
    elif planned and not set(got.values()) & set(planned.values()):
        yield replace(check, expected=" or ".join(planned)).warning(
            "the one on disk, and not that of the answers", _advice(here)
        )
    else:
        yield check.right("the one on disk")


def _advice(here: PortSettings) -> str:
    own = {name: here.settings.options[name] for name in _OTHERS if name in here.settings.options}
    if own:
        return (
            f"Run `systemctl reload postfix`; else -o {', '.join(own)} of {here.entry} in master.cf "
            "wins: take it out, or run `postfix-wizard apply --section certificate`."
        )
    names = [
        name
        for name in served.TAKEN_OUT
        if name in here.settings.own and served.is_set(name, here.settings.own[name])
    ]
    if names:
        return (
            f"Run `systemctl reload postfix`; else {', '.join(names)} in main.cf wins: take it"
            " out, or run `postfix-wizard apply --section certificate`."
        )
    return (
        "Run `systemctl reload postfix`; else see whether `postconf -P` has a smtpd_tls_ file for"
        " this port."
    )


_OTHERS = (*served.PAIR, *served.TAKEN_OUT)


def judge_ignored(here: Mapping[int, PortSettings]) -> Iterator[Finding]:
    """`certificate.ignored`: files that are named in vain, because there are chain files."""
    ignored = {
        name: path for one in here.values() for name, path in ignored_files(one.settings).items()
    }
    chains = {path for one in here.values() for path in one.settings.words(served.CHAINS)}
    names = [name for name, path in ignored.items() if path not in chains]
    if names:
        check = Check("certificate.ignored", "certificate: files in vain", "one way to name them")
        yield check.warning(
            printable(f"with {served.CHAINS} set, Postfix does not read {', '.join(names)}"),
            f"Take {' and '.join(names)} out of main.cf and master.cf, or {served.CHAINS}; reload.",
        )
