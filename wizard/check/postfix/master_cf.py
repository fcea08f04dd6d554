"""Check the three services of master.cf as Postfix reads them (postconf(1) -M, -P; master(5))."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wizard.answers.model import POLICY
from wizard.check.commands import CommandResult
from wizard.check.postfix.drift import harm
from wizard.check.postfix.main_cf import value
from wizard.check.postfix.restrictions import LISTS, RECIPIENT, items
from wizard.finding import WRONG, Check, Finding
from wizard.host.postfix import parameters
from wizard.postfix import smtpd_entries
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.parameters import BY_NAME
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

POSTCONF_M = ("postconf", "-M")
POSTCONF_P = ("postconf", "-P")

BEHIND_POSTSCREEN = "smtpd/pass"
"""postscreen(8) passes accepted clients to this service."""

_USERS, _LAN = "permit_sasl_authenticated", "permit_mynetworks"


@dataclass(frozen=True)
class ExpectedService:
    """The settings that the service of a port must have, by `-o` or in main.cf.

    `users_only` is True if it serves only logged-in users.
    """

    port: int
    settings: tuple[tuple[str, str], ...]
    users_only: bool = True


EXPECTED = (
    ExpectedService(25, (("smtpd_sasl_auth_enable", "no"),), users_only=False),
    ExpectedService(
        587, (("smtpd_tls_security_level", "encrypt"), ("smtpd_sasl_auth_enable", "yes"))
    ),
    ExpectedService(465, (("smtpd_tls_wrappermode", "yes"), ("smtpd_sasl_auth_enable", "yes"))),
)


def judge_master_cf(
    services: CommandResult,
    overrides: CommandResult,
    settings: Settings,
    drift: str = WRONG,
) -> Iterator[Finding]:
    """`master.cf.PORT`: an active smtpd on each port, with the settings that its port needs.

    `settings` are those of main.cf. `drift` is the verdict of options that only differ from it, and
    do no harm by that.
    """
    failure = services.failure or overrides.failure
    if failure:
        yield from (_check(service).unknown(failure) for service in EXPECTED)
        return
    entries = MasterCf.parse(services.outcome.stdout).services
    options = {one.key: _overrides(overrides.text, one.key) for one in entries}
    yield from judge_entries(entries, options, settings, drift)


def judge_entries(
    entries: Sequence[Service],
    options: Mapping[str, Mapping[str, str]],
    settings: Settings,
    drift: str = WRONG,
) -> Iterator[Finding]:
    """The same, of parsed entries and of the `-o` options of each by its key."""
    for service in EXPECTED:
        check = _check(service)
        there = _judged([one for one in entries if one.port_number == service.port])
        if not there:
            advice = "Uncomment the entry and its -o lines in master.cf; reload."
            yield check.wrong("no active entry", advice)
            continue
        seen = [(one.name, *_judge(service, one, entries, options, settings)) for one in there]
        wrong = [f"{name}: {', '.join(said)}" for name, said, _, _ in seen if said]
        other = [f"{name}: {', '.join(said)}" for name, _, said, _ in seen if said]
        if not wrong and not other:
            yield check.right(f"{', '.join(one.name for one in there)} as planned")
            continue
        advice = " ".join(dict.fromkeys(one[-1] for one in seen if one[1] or one[2]))
        text = "; ".join((*wrong, *other))
        if len(there) == 1:
            text = ", ".join((*seen[0][1], *seen[0][2]))
        yield check.finding(WRONG if wrong else drift, printable(text), printable(advice))


def _check(service: ExpectedService) -> Check:
    wanted = [
        *service.settings,
        *([(RECIPIENT, f"{_USERS},reject")] if service.users_only else ()),
    ]
    expected = ", ".join("=".join(pair) for pair in wanted)
    return Check(f"master.cf.{service.port}", f"master.cf: port {service.port}", expected)


def _judged(there: Sequence[Service]) -> tuple[Service, ...]:
    """Return the entries of a port that others reach, of duplicates the last; else the last one."""
    by_key = {one.key: one for one in there}
    reached = tuple(one for one in by_key.values() if not one.loopback)
    return reached or tuple(there[-1:])


def _judge(
    service: ExpectedService,
    entry: Service,
    entries: Sequence[Service],
    options: Mapping[str, Mapping[str, str]],
    settings: Settings,
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return what is wrong with the entry of a service, what only differs, and the advice."""
    judged = entry
    if entry.command == "postscreen" and not service.users_only:
        behind = next((one for one in entries if one.key == BEHIND_POSTSCREEN), None)
        if behind is None:
            return (
                (f"run by postscreen, and no {BEHIND_POSTSCREEN}",),
                (),
                "Uncomment `smtpd pass`, `dnsblog unix` and `tlsproxy unix` in master.cf; reload.",
            )
        judged = behind
    own, main_cf = options[judged.key], settings.own
    faults = {one.name: one for one in smtpd_entries.faults(judged, settings)}
    wrong = [
        f"{name}={own.get(name, main_cf.get(name, '(default)'))}"
        for name, right in service.settings
        # The policy's options are keywords, which Postfix compares in any case.
        if value(own.get(name, main_cf.get(name, ""))).lower() != value(right).lower()
        and not (right == "no" and name not in own and name not in main_cf)
    ]
    lists = Settings(main_cf, {}, own)
    differs: list[str] = []
    if service.users_only and not _users_only(lists):
        said = f"{RECIPIENT}={own.get(RECIPIENT, main_cf.get(RECIPIENT, '(default)'))}"
        # Hosts of mynetworks relay by port 25 too; `networks.trusted` says who they are.
        (differs if _users_only(lists, _LAN) else wrong).append(said)
    needed = {name for name, _ in service.settings}
    bent = {
        **_bent(service, own, main_cf),
        **{name: one.does for name, one in faults.items() if name not in needed},
    }
    harms = {name for name, does in bent.items() if does} - {
        name for name, one in faults.items() if not one.is_wrong
    }
    shown = {
        name: f"{name}={own[name]}{f': {does}' if does else ''}"
        for name, does in sorted(bent.items())
    }
    if judged.command != "smtpd":
        wrong.append(f"run by {judged.command}")
    return (
        (*wrong, *(said for name, said in shown.items() if name in harms)),
        (*differs, *(said for name, said in shown.items() if name not in harms)),
        f"Correct the -o lines of {entry.name} in master.cf; reload.",
    )


def _users_only(settings: Settings, also: str = _USERS) -> bool:
    """True if one list refuses clients without login, and logged-in users may send.

    It may be any list: EL's example has it in smtpd_relay_restrictions. `also` is who else may send.
    """
    sends = settings.keywords(RECIPIENT)
    return any(_refuses_others(settings.words(name), also) for name in LISTS) and (
        not sends or _USERS in sends
    )


def _refuses_others(listed: tuple[str, ...], also: str) -> bool:
    names = [name for name, _ in items(listed)]
    return (
        names[-1:] == ["reject"]
        and _USERS in names
        and all(name in {_USERS, also} or name.startswith("reject") for name in names)
    )


def _bent(
    service: ExpectedService, own: Mapping[str, str], main_cf: Mapping[str, str]
) -> dict[str, str]:
    """Return the policy's parameters that an entry overrides with another value.

    Each one has what it does by that on port 25, "" for no harm. What the other ports need is
    compared by itself.
    """
    needed = {name for name, _ in service.settings} | ({RECIPIENT} if service.users_only else set())
    settings = Settings(main_cf, {}, own)
    return {
        name: "" if service.users_only else harm(name, settings, main_cf.get(name, ""))
        for name, said in own.items()
        if name not in needed
        and name in BY_NAME
        and BY_NAME[name].section == POLICY
        and value(said) != value(main_cf.get(name, said))
    }


def _overrides(text: str, key: str) -> dict[str, str]:
    """Return the -o settings of a service; `postconf -P` prints NAME/TYPE/PARAMETER = VALUE."""
    head = f"{key}/"
    return {
        name[len(head) :]: said for name, said in parameters(text).items() if name.startswith(head)
    }
