"""The milters of Postfix (MILTER_README): one more, in lists that the operator shares.

`smtpd_milters` of main.cf, which strangers use on port 25, never changes. 587 and 465 have a list of
their own by `-o`. `smtpd_milter_maps` gives one to trusted networks on port 25: a hit replaces the
whole list, so it has the operator's milters too. `non_smtpd_milters` is for sendmail(1).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Optional

from wizard.host.main_cf import words
from wizard.postfix.lines import Lines
from wizard.postfix.main_cf import MainCf, remove, set_value, write_lines
from wizard.postfix.master_cf import MasterCf, add_option, remove_option, set_option
from wizard.postfix.proposal import Proposal
from wizard.postfix.services import SUBMISSION_SERVICES, entries, whole_entry

SMTPD, OTHERS, MAPS = "smtpd_milters", "non_smtpd_milters", "smtpd_milter_maps"
NETWORKS_TABLE = "/etc/postfix/signed_networks"
"""The table of trusted networks and their milters, of the type cidr, which each Postfix has."""
OUR_MAPS = f"cidr:{NETWORKS_TABLE}"

_WHY = "Our own mail is signed here; if the signer is down, that mail waits."
_WHY_MAPS = "On port 25 only mail of mynetworks goes to the signer; a stranger's never does."
_WHY_NO_MAPS = "The table of port 25 would replace this list."
_GONE = "Here stood the signer, which is off now."


def joined(listed: str, milter: str) -> str:
    """Return a list of milters with one more at its end, without blanks."""
    return ",".join([*(packed(one) for one in words(listed) if not _is(one, milter)), milter])


def without(listed: str, milter: str) -> str:
    """Return a list without that milter; the others stay as they are written."""
    return ", ".join(one for one in words(listed) if not _is(one, milter))


def has(listed: str, milter: str) -> bool:
    """True if a list has that milter, with any options."""
    return any(_is(one, milter) for one in words(listed))


def packed(one: str) -> str:
    """Return a milter with its options in braces without blanks, so that it is one word."""
    text = re.sub(r"[\s,]+", ",", re.sub(r"\s*=\s*", "=", one.strip()))
    return text.replace("{,", "{").replace(",}", "}")


def _is(one: str, milter: str) -> bool:
    """True if both are the same socket."""
    return words(one.strip("{}"))[:1] == words(milter.strip("{}"))[:1]


def networks_table(networks: Sequence[str], main: MainCf, milter: str) -> bytes:
    """Return the text of the table: each network with all milters of port 25 (cidr_table(5))."""
    listed = joined(main.value(SMTPD) or "", milter)
    head = (
        "# Made by postfix-wizard: the milters of each trusted network on port 25. They are those of",
        "# smtpd_milters in main.cf, and the signer. `postfix-wizard apply --section dkim` makes it anew.",
    )
    return "".join(f"{one}\n" for one in (*head, *(f"{net} {listed}" for net in networks))).encode()


def propose_main(
    proposal: Proposal, milter: str, *, signs: bool, protected: Collection[str] = ()
) -> Proposal:
    """Return the next main.cf with the milter, or without it, after other sections' edits."""
    cf = MainCf(Lines.of(proposal))
    for name, value, why in _of_main(cf, milter, signs=signs):
        live = cf.value(name)
        if name in protected or value == (live or ""):
            continue
        if not value:
            cf = remove(cf, name, _GONE)
        elif live is None:
            cf = write_lines(cf, len(cf.lines), [f"{name} = {value}"], why)
        else:
            cf = set_value(cf, name, value, why)
    found = _proposed(proposal, cf.lines, {one: cf.value(one) for one in (OTHERS, MAPS)})
    maps = cf.value(MAPS) or ""
    if not signs or maps in {"", OUR_MAPS}:
        return found
    warning = (
        f"main.cf: {MAPS} = {maps} stays, so mail of mynetworks on port 25 is not signed unless that table has "
        f"{milter} in its rows"
    )
    return replace(found, warnings=(*found.warnings, warning))


def _of_main(cf: MainCf, milter: str, *, signs: bool) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and reason of each parameter that changes, "" for one to remove."""
    others, maps = cf.value(OTHERS) or "", cf.value(MAPS) or ""
    if signs and not has(others, milter):
        yield OTHERS, ", ".join(filter(None, (others, milter))), _WHY
    elif not signs and has(others, milter):
        yield OTHERS, without(others, milter), _GONE
    if signs and not maps:
        yield MAPS, OUR_MAPS, _WHY_MAPS
    elif not signs and maps == OUR_MAPS:
        yield MAPS, "", _GONE


def propose_master(
    proposal: Proposal,
    main: MainCf,
    milter: str,
    *,
    signs: bool,
    protected: Collection[str] = (),
) -> Proposal:
    """Return the next master.cf: 587 and 465 with the milter beside their others, or without it."""
    cf = MasterCf(Lines.of(proposal))
    inherited = main.value(SMTPD) or ""
    changed = []
    for key in [one.key for each in SUBMISSION_SERVICES for one in entries(cf, each)]:
        before = bytes(cf)
        for name, value, why in _of_entry(cf, key, inherited, milter, signs=signs):
            if f"{key}/{name}" not in protected:
                cf = _with_option(cf, key, name, value, why)
        changed += [key] if bytes(cf) != before else []
    if not changed:
        return proposal
    expected = {name: value for name, value in proposal.expected if name not in changed}
    for key in changed:
        service = cf.service(key)
        if service is not None:
            expected.update(whole_entry(service))
            own = {
                f"{key}/{name}": service.options[name].value
                for name in (SMTPD, MAPS)
                if name in service.options
            }
            expected.update(own)
    return replace(
        proposal,
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=tuple(expected.items()),
        changed=tuple(dict.fromkeys((*proposal.changed, *changed))),
    )


def _of_entry(
    cf: MasterCf, key: str, inherited: str, milter: str, *, signs: bool
) -> Iterator[tuple[str, Optional[str], str]]:
    """Yield name, value and reason of each option that changes, None for one to remove."""
    service = cf.service(key)
    values = {} if service is None else service.values
    own, maps = values.get(SMTPD), values.get(MAPS)
    listed = inherited if own is None else own
    if signs:
        if not has(listed, milter) or own is None:
            yield SMTPD, joined(listed, milter), _WHY
        if maps is None:
            yield MAPS, "", _WHY_NO_MAPS
    elif own is not None and has(own, milter):
        rest = without(own, milter)
        yield SMTPD, None if rest == without(inherited, milter) else joined_all(rest), _GONE
        if maps == "":
            yield MAPS, None, _GONE


def joined_all(listed: str) -> str:
    """Return a list of milters as one word."""
    return ",".join(packed(one) for one in words(listed))


def _with_option(cf: MasterCf, key: str, name: str, value: Optional[str], why: str) -> MasterCf:
    if value is None:
        return remove_option(cf, key, name, why)
    service = cf.service(key)
    if service is None:
        return cf
    there = service.options.get(name)
    return (
        set_option(cf, there, value, why)
        if there
        else add_option(cf, service.end, name, value, why)
    )


def _proposed(proposal: Proposal, lines: Lines, values: dict[str, Optional[str]]) -> Proposal:
    before = MainCf.parse(proposal.text)
    known = {name: value for name, value in values.items() if value is not None}
    return replace(
        proposal,
        text=bytes(lines),
        reasons=lines.reasons(),
        expected=(*(one for one in proposal.expected if one[0] not in values), *known.items()),
        changed=(
            *proposal.changed,
            *(one for one in values if values[one] != before.value(one)),
        ),
    )
