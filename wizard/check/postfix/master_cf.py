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
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.parameters import BY_NAME
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

POSTCONF_M = ("postconf", "-M")
POSTCONF_P = ("postconf", "-P")

BEHIND_POSTSCREEN = "smtpd/pass"
"""postscreen(8) passes accepted clients to this service."""

_USERS = "permit_sasl_authenticated"


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
    main_cf: Mapping[str, str],
    drift: str = WRONG,
) -> Iterator[Finding]:
    """`master.cf.PORT`: an active smtpd on each port, with the settings that its port needs.

    `drift` is the verdict of options that only differ from main.cf, and do no harm by that.
    """
    for service in EXPECTED:
        wanted = [
            *service.settings,
            *([(RECIPIENT, f"{_USERS},reject")] if service.users_only else ()),
        ]
        expected = ", ".join("=".join(pair) for pair in wanted)
        check = Check(f"master.cf.{service.port}", f"master.cf: port {service.port}", expected)
        failure = services.failure or overrides.failure
        if failure:
            yield check.unknown(failure)
            continue
        entries = MasterCf.parse(services.outcome.stdout).services
        there = [entry for entry in entries if entry.port_number == service.port]
        if not there:
            advice = "Uncomment the entry and its -o lines in master.cf; reload."
            yield check.wrong("no active entry", advice)
            continue
        wrong, other, advice = _judge(service, there[-1], entries, overrides.text, main_cf)
        yield (
            check.finding(WRONG if wrong else drift, printable(", ".join((*wrong, *other))), advice)
            if wrong or other
            else check.right(f"{there[-1].name} as planned")
        )


def _judge(
    service: ExpectedService,
    entry: Service,
    entries: Sequence[Service],
    overrides: str,
    main_cf: Mapping[str, str],
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return what is wrong with the entry of a service, what only differs, and the advice."""
    advice = f"Correct the -o lines of {entry.name} in master.cf; reload."
    key, command = entry.key, entry.command
    if command == "postscreen" and not service.users_only:
        behind = next((one for one in entries if one.key == BEHIND_POSTSCREEN), None)
        if behind is None:
            return (
                (f"run by postscreen, and no {BEHIND_POSTSCREEN}",),
                (),
                "Uncomment `smtpd pass`, `dnsblog unix` and `tlsproxy unix` in master.cf; reload.",
            )
        key, command = behind.key, behind.command
    own = _overrides(overrides, key)
    wrong = [
        f"{name}={own.get(name, main_cf.get(name, '(default)'))}"
        for name, right in service.settings
        if value(own.get(name, main_cf.get(name, ""))) != value(right)
        and not (right == "no" and name not in own and name not in main_cf)
    ]
    if service.users_only and not _users_only(Settings(main_cf, {}, own)):
        wrong.append(f"{RECIPIENT}={own.get(RECIPIENT, main_cf.get(RECIPIENT, '(default)'))}")
    bent = _bent(service, own, main_cf)
    harmful = [f"{name}={own[name]}: {does}" for name, does in bent.items() if does]
    other = [f"{name}={own[name]}" for name, does in bent.items() if not does]
    if command != "smtpd":
        wrong.append(f"run by {command}")
    return (*wrong, *harmful), tuple(other), advice


def _users_only(settings: Settings) -> bool:
    """True if one list refuses clients without login, and logged-in users may send.

    It may be any list: EL's example has it in smtpd_relay_restrictions.
    """
    sends = settings.words(RECIPIENT)
    return any(_refuses_others(settings.words(name)) for name in LISTS) and (
        not sends or _USERS in sends
    )


def _refuses_others(listed: tuple[str, ...]) -> bool:
    names = [name for name, _ in items(listed)]
    return (
        names[-1:] == ["reject"]
        and _USERS in names
        and all(name == _USERS or name.startswith("reject") for name in names)
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
