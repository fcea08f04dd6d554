"""The records of the keys, to be published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from wizard.answers.model import Answers
from wizard.dns.key_records import record_text
from wizard.dns.records import Published
from wizard.dns.txt import strings
from wizard.door import Door
from wizard.host.signing import read_keys
from wizard.sections.dkim.setup import ON, SIGNER, domains_of
from wizard.sections.dkim.signer import Key, Setup

_WHY = "DKIM: the key with which mail of the name is signed."


def records(door: Door, answers: Answers) -> Iterator[Published]:
    """Yield the record of each domain's key; nothing for a key that does not exist or cannot be read."""
    setup = today(door) if answers.dkim.use == ON else None
    if setup is None:
        return
    keys = [one for name in domains_of(answers) if (one := newest(name, answers, setup))]
    found = read_keys(door, [SIGNER.key_path(one) for one in keys])
    for key in keys:
        known = found.get(SIGNER.key_path(key))
        if known is not None and known.public and not known.why:
            data = strings(record_text(known.public))
            yield Published(f"{key.name}.", "TXT", data, _WHY, id="dkim")


def today(door: Door) -> Optional[Setup]:
    """Return what the signer's files say of the wizard's set-up, None without one."""
    return SIGNER.set_up(lambda path: door.readable_text(path).encode("utf-8", "surrogateescape"))


def newest(domain: str, answers: Answers, setup: Setup) -> Optional[Key]:
    """Return the key of a domain that is to sign: that of the answers, else the one that signs."""
    mine = [one for one in setup.keys if one.domain == domain]
    wanted = [one for one in mine if one.selector == answers.dkim.selector]
    signing = [one for one in setup.signing if one.domain == domain]
    return next(iter((*wanted, *signing, *mine)), None)
