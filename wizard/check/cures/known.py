"""What a cure is made of: the configuration as it is, and what the answers plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Callable

from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.postfix import Configuration, begin_configuration, installed_postfix
from wizard.paths import MAIN_CF
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.master_cf import read_services
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.secrets import may_have_key, seal


@dataclass(frozen=True)
class Known:
    """main.cf and master.cf now, and what is planned.

    - `planned`: parameters of main.cf that the answers decide; empty if nobody chose answers. Values
      that contain a key are not among them, and no value that a plan only leaves as it is.
    - `fresh`: the same for a main.cf that is empty. A plan leaves some values that others set.
    - `can_apply`: True if `postfix-wizard apply` would write these answers, since they are saved.
    - `changes`: whether such a run of this section has anything to do.
    - `parts`: sections that the answers use, which others leave empty: `relay`, `dns`.
    """

    settings: Settings = field(default_factory=lambda: Settings({}))
    services: tuple[Service, ...] = ()
    planned: Mapping[str, str] = field(default_factory=dict)
    can_apply: bool = False
    changes: Callable[[str], bool] = lambda _section: True
    fresh: Mapping[str, str] = field(default_factory=dict)
    parts: frozenset[str] = frozenset()


def read_known(
    answers: Answers,
    door: Door,
    changes: Callable[[str], bool],
    *,
    are_chosen: bool,
    are_saved: bool,
) -> Known:
    """Read the host's configuration.

    `changes` says whether a run of a section would change the host (`Known`). `are_chosen` is False
    for answers that nobody chose, which were read from the host. `are_saved` is True if
    `postfix-wizard apply` would write these answers. What cannot be read is empty: the check itself
    reports it.
    """
    try:
        configuration = begin_configuration(door)()
        services = tuple(read_services(door))
        if configuration is None:
            return Known()
        text = _main_cf(answers, door) if are_chosen else None
        fresh = {} if text is None else _planned(b"", answers, configuration)
        planned = {} if text is None else _planned(text, answers, configuration)
    except (Trouble, ValueError):
        return Known()
    parts = {"relay": answers.relay.host, "dns": answers.dns.zone_file}
    return Known(
        Settings(configuration.parameters, configuration.defaults),
        services,
        {name: said for name, said in planned.items() if name in fresh},
        are_chosen and are_saved,
        changes,
        fresh,
        frozenset(name for name, value in parts.items() if value),
    )


def _main_cf(answers: Answers, door: Door) -> bytes:
    spelled = " ".join(one.zone for one in answers.blocklists.custom)
    return seal(door.read_bytes(MAIN_CF) or b"", "", spelled).text


def _planned(text: bytes, answers: Answers, configuration: Configuration) -> dict[str, str]:
    """Return what a plan with these answers makes of a main.cf, without keys."""
    postfix = installed_postfix(None, configuration)
    expected = propose_main_cf(text, answers, postfix, frozenset((*SECTIONS, POLICY))).expected
    return {name: said for name, said in expected if not may_have_key(said.encode())}
