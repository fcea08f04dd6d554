"""Compare main.cf and the served certificate with what the answers plan."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Optional

from wizard.answers.model import POLICY, Answers
from wizard.check.certificates import served as certificate
from wizard.check.postfix.main_cf import PARAMETERS, judge_main_cf, judge_policy
from wizard.check.postfix.trusted import expanded
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Finding
from wizard.host.postfix import Configuration, installed_postfix
from wizard.host.secret_file import DQS_KEY, read_secret
from wizard.paths import MAIN_CF
from wizard.postfix import served
from wizard.postfix.blocklists import needs_key
from wizard.postfix.main_cf import MainCf
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.relayhost import RELAY, is_ours
from wizard.postfix.settings import Settings
from wizard.secrets import seal

_IN_FILES = frozenset({"mynetworks", "mydestination", "proxy_interfaces"})
"""Lists that may name files (postconf(5))."""


def planned_certificates(
    answers: Answers, wanted: Collection[str], *, in_a_run: bool
) -> tuple[str, ...]:
    """Return the certificate file that must be served, () for those that are set.

    None is planned on a server that others set up, and in a run of other sections.
    """
    if served.SECTION in wanted and (in_a_run or POLICY in wanted):
        return certificate.planned_files(answers)
    return ()


def judge_planned(
    answers: Answers,
    door: Door,
    configuration: Configuration,
    wanted: frozenset[str],
    key: str,
    *,
    expected: Optional[Sequence[tuple[str, str]]],
    tolerated: Sequence[str],
) -> Iterator[Finding]:
    """Compare main.cf with what the answers plan, by a finding for each parameter.

    `wanted` are the sections, `key` is that of blocklists in their zones. With `expected` only these
    parameters are compared. `tolerated` are the complaints of postconf(1) before the run.
    """
    postfix = installed_postfix(None, configuration)
    drift = WARNING if expected is None else WRONG
    spelled = " ".join(one.zone for one in answers.blocklists.custom)
    try:
        sealed = seal(door.read_bytes(MAIN_CF) or b"", key, spelled)
        policy: Sequence[tuple[str, str]] = ()
        if expected is None:
            # A relay host that was read back is written as somebody else wrote it.
            by_hand = POLICY not in wanted and not is_ours(MainCf.parse(sealed.text))
            planned = wanted - {RELAY} if by_hand else wanted
            expected = propose_main_cf(sealed.text, answers, postfix, planned).expected
            if POLICY not in wanted:
                aside = frozenset({POLICY})
                policy = propose_main_cf(sealed.text, answers, postfix, aside).expected
    except (Trouble, ValueError) as fault:
        yield PARAMETERS.unknown(str(fault))
        return
    # As in a plan: a key that differs from the key file is reported, and no key is shown.
    live = {name: sealed.without_keys(value) for name, value in configuration.parameters.items()}
    for name in _IN_FILES & live.keys():
        if re.search(r"/|\w:", live[name]):
            # A file or table with the same items is the same list, and a plan leaves it there.
            live[name] = _items(door, configuration, live[name])
            expected = [
                (one, _items(door, configuration, said) if one == name else said)
                for one, said in expected
            ]
    yield from judge_main_cf(
        live,
        configuration.stderr,
        expected,
        tolerated,
        drift=drift,
        defaults=configuration.defaults,
    )
    if policy:
        yield judge_policy(live, policy)


def _items(door: Door, configuration: Configuration, text: str) -> str:
    """Return a list with all `$names`, and with the items of its files."""
    settings = Settings({**configuration.parameters, "": text}, configuration.defaults)
    return " ".join(expanded(door, settings.words("")))


def list_key(answers: Answers, door: Door) -> str:
    """Return the key of the blocklists' zones, "" if they need none."""
    lists = answers.blocklists
    return read_secret(door, lists.dqs_key_file, DQS_KEY).text if needs_key(lists) else ""
