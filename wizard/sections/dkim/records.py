"""The records of the keys, to be published."""

from __future__ import annotations

import time
from typing import Optional

from wizard.answers.model import Answers
from wizard.door import Door
from wizard.host.signing import read_keys
from wizard.sections.dkim.setup import ON, SIGNER, day_of, domains_of
from wizard.sections.dkim.signer import Key, Setup


def signing_keys(door: Door, answers: Answers) -> dict[str, str]:
    """Return the public part of each domain's key by name of its record, if it can be read and used.

    A key whose record is to be withdrawn now has "".
    """
    setup = today(door) if answers.dkim.use == ON else None
    if setup is None:
        return {}
    keys = [one for name in domains_of(answers) if (one := newest(name, answers, setup))]
    found = read_keys(door, [SIGNER.key_path(one) for one in keys])
    withdrawn = {
        one.name: ""
        for one in setup.due(day_of(time.time()))
        if one.selector != answers.dkim.selector
    }
    return withdrawn | {
        one.name: key.public
        for one in keys
        if (key := found.get(SIGNER.key_path(one))) and key.public and not key.why
    }


def today(door: Door) -> Optional[Setup]:
    """Return what the signer's files say of the wizard's set-up, None without one."""
    return SIGNER.set_up(lambda path: door.readable_text(path).encode("utf-8", "surrogateescape"))


def newest(domain: str, answers: Answers, setup: Setup) -> Optional[Key]:
    """Return the key of a domain that is to sign: that of the answers, else the one that signs."""
    mine = [one for one in setup.keys if one.domain == domain]
    wanted = [one for one in mine if one.selector == answers.dkim.selector]
    signing = [one for one in setup.signing if one.domain == domain]
    return next(iter((*wanted, *signing, *mine)), None)
