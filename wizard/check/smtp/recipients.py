"""A stranger's mail for real recipients of this server, up to the answer to RCPT (RFC 5321).

The sender's domain exists in the DNS. The recipients are people of this host, in each local domain; one
of them with an extension; domains that others may own; and a name that nobody has. DATA is never sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Optional

from wizard.check.smtp.refusals import TRANSIENT, cause_of
from wizard.check.smtp.session import Exchange, Reply, Transcript
from wizard.dns.addresses import public4
from wizard.dns.asking import Answer, Question, ask_all, ask_within
from wizard.finding import UNKNOWN, WRONG, Check, Finding
from wizard.host.facts import Network
from wizard.postfix.second_mx import Live
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

SENDERS = ("postfix.org", "gmail.com", "icloud.com")
"""Domains of others that take mail, so that their mail may not be refused; the first that is found."""

DNS_SECONDS = 1.0

MOST_USERS, MOST_DOMAINS = 3, 8
"""How many people are tried, and how many domains."""

NOBODY = "no-such-user-here-1e9b4c"
"""A name that no user and no alias has."""

_MAIL = "mail-real"


class Tried(NamedTuple):
    """The stranger's addresses: his own, and those that he writes to.

    `others` are in relay domains, by address whether an MX record of the domain leads to this host;
    None if the DNS did not say.
    """

    sender: str = ""
    users: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    others: Mapping[str, Optional[bool]] = {}
    nobody: str = ""
    backed_up: frozenset[str] = frozenset()
    """The relay domains of a second MX that the section backup wrote."""


def choose(settings: Settings, users: Sequence[str], mydomain: str, network: Network) -> Tried:
    """Choose the addresses for a session; `users` are people of this host. Asks the DNS."""
    local = [one for one in _names(settings, "mydestination") if "." in one.strip(".")]
    main = mydomain if mydomain in local else next(iter(local), "")
    users = [one for one in users if one.isascii()]
    people = [f"{one}@{main}" for one in users[:MOST_USERS]] if main else []
    delimiter = settings.value("recipient_delimiter")[:1]
    if people and delimiter:
        people.append(f"{users[0]}{delimiter}extension@{main}")
    who = users[0] if users else "postmaster"
    relayed = [one for one in _names(settings, "relay_domains") if one not in local]
    backed_up = frozenset(Live.of(settings.own).routed[0])
    relayed = sorted(relayed, key=lambda one: one not in backed_up)[:MOST_DOMAINS]
    questions = [Question(one, "MX") for one in (*SENDERS, *relayed)]
    answers = ask_all(questions, network.resolvers, seconds=DNS_SECONDS)
    # Without any answer Postfix does not find the sender's domain either, and its reply says so.
    sender = next((one.question.name for one in answers[: len(SENDERS)] if one.records), SENDERS[0])
    leads = _leads_here(answers[len(SENDERS) :], settings.value("myhostname").lower(), network)
    return Tried(
        f"probe@{sender}",
        tuple(people),
        tuple(f"{who}@{one}" for one in local[:MOST_DOMAINS] if one != main),
        {f"{NOBODY}@{name}": is_here for name, is_here in leads.items()},
        f"{NOBODY}@{main}" if main else "",
        backed_up,
    )


def _names(settings: Settings, name: str) -> list[str]:
    """Return the domains of a list, without tables, files and patterns."""
    words = (one.lower() for one in settings.words(name))
    return list(
        dict.fromkeys(one for one in words if one.isascii() and one[0].isalnum() and ":" not in one)
    )


def _leads_here(
    answers: Sequence[Answer], host: str, network: Network
) -> dict[str, Optional[bool]]:
    """Return by domain whether an MX record of it leads to this host, None if that is not known."""
    # A host behind a router does not know its outer address, and inner domains have no MX.
    exchangers = {
        one.question.name: [record.split()[-1].lower() for record in one.records]
        for one in answers
        if one.records and public4(network.addresses)
    }
    questions = [
        Question(name, kind)
        for names in exchangers.values()
        if host not in names
        for name in names[:MOST_DOMAINS]
        for kind in ("A", "AAAA")
    ]
    found = ask_within(questions, network.resolvers, seconds=DNS_SECONDS)
    here = {
        one.name for one, answer in found.items() if set(answer.records) & set(network.addresses)
    }
    leads: dict[str, Optional[bool]] = dict.fromkeys(one.question.name for one in answers)
    for domain, names in exchangers.items():
        leads[domain] = bool({host, *here} & set(names))
    return leads


def script(tried: Tried) -> tuple[Exchange, ...]:
    """Return the lines of the session after those of the null sender."""
    recipients = [*tried.users, *tried.domains, *filter(None, [tried.nobody]), *tried.others]
    return (
        Exchange(_MAIL, f"MAIL FROM:<{tried.sender}>"),
        *(Exchange(one, f"RCPT TO:<{one}>") for one in recipients),
        Exchange("rset-real", "RSET"),
    )


def judge_recipients(tried: Tried, transcript: Transcript) -> Iterator[Finding]:
    """`smtp.25.users`, `.domains`, `.unknown-user` and `.others`; nothing for what was not tried."""
    rows = (
        ("users", "a stranger's mail for people here", tried.users),
        ("domains", "a stranger's mail for each domain", tried.domains),
    )
    for name, subject, addresses in rows:
        if addresses:
            check = Check(f"smtp.25.{name}", f"port 25: {subject}", "accepted (250)")
            yield _accepted(check, tried, transcript, addresses)
    if tried.nobody:
        yield _unknown_user(tried, transcript)
    if tried.others:
        yield _others(tried, transcript)


def _replies(transcript: Transcript, addresses: Sequence[str]) -> Mapping[str, Optional[Reply]]:
    """Return the reply that decides each address; a refused sender refuses all of them."""
    mail = transcript.replies.get(_MAIL)
    if mail is not None and mail.code >= TRANSIENT:
        return dict.fromkeys(addresses, mail)
    return {one: transcript.replies.get(one) for one in addresses}


def _accepted(
    check: Check, tried: Tried, transcript: Transcript, addresses: Sequence[str]
) -> Finding:
    replies = _replies(transcript, addresses)
    refused = [(one, reply) for one, reply in replies.items() if reply and reply.code >= TRANSIENT]
    if None in replies.values() and not refused:
        return check.unknown(transcript.why or "the session did not come so far")
    taken = len(addresses) - len(refused)
    if not refused:
        return check.right(f"{counted(taken, 'recipient')} accepted, from {tried.sender}")
    address, reply = refused[0]
    cause = cause_of(reply)
    # A list of those who may have mail is a choice; nobody at all is a fault.
    if cause.verdict == WRONG and taken and "5.1.1" in str(reply) and check.id.endswith("users"):
        return check.right(f"{taken} of {len(addresses)} accepted, the others are in no table")
    doubt = "not known: " if cause.verdict == UNKNOWN else ""
    seen = printable(f"{doubt}{address}: {reply}: {cause.means}")
    return replace(check, fatal=cause.fatal).finding(cause.verdict, seen, cause.advice)


def _unknown_user(tried: Tried, transcript: Transcript) -> Finding:
    check = Check(
        "smtp.25.unknown-user", "port 25: mail for a name that nobody has", "refused (550)"
    )
    reply = _replies(transcript, [tried.nobody])[tried.nobody]
    if reply is None:
        return check.unknown(transcript.why or "the session did not come so far")
    if reply.code < TRANSIENT:
        return check.warning(
            printable(f"{tried.nobody}: {reply}"),
            "Such mail is returned to senders who are often forged: see local_recipient_maps, "
            "luser_relay, smtpd_reject_unlisted_recipient and rows for @DOMAIN in virtual_alias_maps.",
        )
    if "user unknown" in " ".join(reply.lines).lower():
        return check.right(str(reply))
    return check.unknown(printable(f"another reason refused it: {reply}"))


def _others(tried: Tried, transcript: Transcript) -> Finding:
    """Judge mail for domains that this server relays for: a backup MX is named by their DNS."""
    check = Check(
        "smtp.25.others", "port 25: relay domains", "known recipients of domains that lead here"
    )
    replies = _replies(transcript, tuple(tried.others))
    taken = [one for one, reply in replies.items() if reply and reply.code < TRANSIENT]
    foreign = [one for one in taken if tried.others[one] is False]
    if foreign:
        return replace(check, fatal=False).wrong(
            printable(f"{foreign[0]}: {replies[foreign[0]]}, and no MX record of it leads here"),
            "Strangers send there through this server: take the domain out of relay_domains.",
        )
    ours = [one for one in taken if one.rpartition("@")[2] in tried.backed_up]
    if ours:
        return check.wrong(
            printable(f"{ours[0]}: {replies[ours[0]]}"),
            "This second MX takes any name, and returns the mail to forged senders later: "
            "`postfix-wizard apply --section backup`. With verify, its primary takes any name.",
        )
    if taken:
        return check.warning(
            printable(f"{taken[0]}: {replies[taken[0]]}"),
            "Any name is taken there, and returned to forged senders later: list the recipients in "
            "relay_recipient_maps. If this is no second MX of that domain, take it out of "
            "relay_domains.",
        )
    if None in replies.values():
        return check.unknown(transcript.why or "the session did not come so far")
    return check.right(f"{counted(len(replies), 'unknown name')} refused")
