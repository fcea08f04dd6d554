"""Complete the headers of mail with a login: Date, Message-ID, From, and domains of addresses.

cleanup(8) adds missing headers to mail of the clients that local_header_rewrite_clients names, before
a milter gets the message. By default that is only this host itself. 587 and 465 have the parameter by
`-o`, so mail of other servers to port 25 stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from wizard.postfix.lines import Lines
from wizard.postfix.master_cf import MasterCf, add_option, remove_option, same_value
from wizard.postfix.proposal import Proposal
from wizard.postfix.service_entry import Service
from wizard.postfix.services import SUBMISSION_SERVICES, entries, whole_entry
from wizard.postfix.settings import Settings
from wizard.postfix.tls import why_no_options
from wizard.text import printable

CLIENTS = "local_header_rewrite_clients"
LOGINS = "permit_sasl_authenticated"
_ENOUGH = frozenset({LOGINS, "static:all"})
_WHY = "Mail with a login gets the Date, Message-ID and From that it lacks, before it is signed."
_GONE = "Here stood the headers that mail with a login gets, which is off now."


def completes(cf: MasterCf) -> bool:
    """True if an entry of 587 or 465 has the option as the wizard writes it."""
    return any(_is_ours(one) for one in _entries(cf))


def propose_headers(
    proposal: Proposal, *, completed: bool, protected: Collection[str] = ()
) -> Proposal:
    """Return the next master.cf with the option on 587 and 465, or without it.

    Another value is the operator's and stays, and so are entries in `protected`
    (`name/type/option`).
    """
    cf = MasterCf(Lines.of(proposal))
    changed = []
    for one in _entries(cf):
        service = cf.service(one.key)
        if service is None or f"{one.key}/{CLIENTS}" in protected or why_no_options(service):
            continue
        if completed and CLIENTS not in service.options:
            cf = add_option(cf, service.end, CLIENTS, LOGINS, _WHY)
        elif not completed and _is_ours(service):
            cf = remove_option(cf, one.key, CLIENTS, _GONE)
        else:
            continue
        changed.append(one.key)
    if not changed:
        return proposal
    pairs = {name: value for name, value in proposal.expected if name not in changed}
    for key in changed:
        service = cf.service(key)
        pairs.update(whole_entry(service) if service else ())
        if completed:
            pairs[f"{key}/{CLIENTS}"] = LOGINS
    return replace(
        proposal,
        text=bytes(cf),
        reasons=cf.lines.reasons(),
        expected=tuple(pairs.items()),
        changed=tuple(dict.fromkeys((*proposal.changed, *changed))),
    )


def others(cf: MasterCf) -> Iterator[str]:
    """Yield a sentence for each entry of 587 and 465 that stays without the option."""
    for service in _entries(cf):
        option, why = service.options.get(CLIENTS), why_no_options(service)
        if why:
            yield f"master.cf, {service.key}: {why} Its mail gets no missing headers."
        elif option and not same_value(option.value, LOGINS):
            value = printable(option.value)
            yield f"master.cf, {service.key}: -o {CLIENTS}={value} is your own and stays."


def incomplete(services: Iterable[Service], settings: Settings) -> tuple[str, ...]:
    """Return the entries of 587 and 465 on which mail with a login gets no missing headers."""
    ports = {submission.port for submission in SUBMISSION_SERVICES}
    return tuple(
        one.key
        for one in services
        if one.port_number in ports
        if _ENOUGH.isdisjoint(settings.of(one.values).words(CLIENTS))
        # cleanup(8) reads this one, from main.cf.
        and not settings.is_on("always_add_missing_headers")
    )


def stays(service: Service) -> bool:
    """True if a run leaves an entry as it is: it has another value, or can have no option."""
    is_others = CLIENTS in service.options and not _is_ours(service)
    return is_others or bool(why_no_options(service))


def _entries(cf: MasterCf) -> tuple[Service, ...]:
    return tuple(one for submission in SUBMISSION_SERVICES for one in entries(cf, submission))


def _is_ours(service: Service) -> bool:
    option = service.options.get(CLIENTS)
    return option is not None and same_value(option.value, LOGINS)
