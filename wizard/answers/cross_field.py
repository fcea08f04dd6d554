"""Validate fields against each other, after each is valid by itself.

A section's dataclass has the rules between its own fields. Rules between sections are here.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers.field import HasRules
from wizard.answers.fields import FIELDS
from wizard.answers.model import SECTIONS, Answers, Problem, local_domains


def problems(answers: Answers) -> tuple[Problem, ...]:
    """Return the problems between fields."""
    return (*_by_section(answers), *_repeated(answers))


def _by_section(answers: Answers) -> Iterator[Problem]:
    for section in SECTIONS:
        own = getattr(answers, section)
        if isinstance(own, HasRules):
            yield from (Problem(section, name, message) for name, message in own.problems())
        if section in _BETWEEN_SECTIONS:
            yield from _BETWEEN_SECTIONS[section](answers)


_OWN_DOMAIN = "Whoever forges it would pass every blocklist. Your own people send through port 587 and need no row."


def _own_domains(answers: Answers) -> Iterator[Problem]:
    own = {
        answers.hostname.myhostname,
        answers.hostname.mydomain,
        *answers.domains.local,
    }
    for key in answers.blocklists.allow_senders:
        domain = key.rpartition("@")[2]
        if any(name == domain or name.endswith("." + domain) for name in own if domain):
            message = f"{key} is this server's own domain, or one above it. {_OWN_DOMAIN}"
            yield Problem("blocklists", "allow_senders", message)


def _spf_of_relay(answers: Answers) -> Iterator[Problem]:
    if "spf" in answers.dns.publish and answers.relay.host and not answers.dns.relay_spf:
        message = (
            f"Write the name in the include: that the provider of {answers.relay.host} says, such as "
            "spf.example.net: without it receivers refuse your mail."
        )
        yield Problem("dns", "relay_spf", message)


def _backed_up(answers: Answers) -> Iterator[Problem]:
    own, local = answers.backup, local_domains(answers)
    for domain in own.domains:
        if domain in local:
            cure = (
                f'write `mydomain = "{answers.hostname.myhostname}"` in [hostname]'
                if domain == answers.hostname.mydomain != answers.hostname.myhostname
                else "take it out of the local domains"
            )
            message = (
                f"{domain} is local here, so its mail would stay on this host. Where another server "
                f"delivers it, {cure}; else take it out of [backup]."
            )
            yield Problem("backup", "domains", message)
    if own.primary and own.primary == answers.hostname.myhostname:
        message = (
            f"{own.primary} is this host. Write the server that delivers the mail; on that server "
            "itself [backup] has `servers` alone."
        )
        yield Problem("backup", "primary", message)


_BETWEEN_SECTIONS = {
    "blocklists": _own_domains,
    "dns": _spf_of_relay,
    "backup": _backed_up,
}
"""By section: a rule for its fields that other sections decide."""


def _repeated(answers: Answers) -> Iterator[Problem]:
    for field in FIELDS:
        seen: set[str] = set()
        for item in getattr(getattr(answers, field.section), field.name) if field.unique else ():
            if item in seen:
                yield Problem(
                    field.section, field.name, f"{item} is in the list twice. Remove one."
                )
            seen.add(item)
