"""main.cf and master.cf as Postfix itself reads them (postconf(1) -n, -M, -P)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wizard.check.asked import Told, unknown
from wizard.check.model import RIGHT, WARNING, WRONG, Finding
from wizard.check.text import clean
from wizard.host.postfix import parameters
from wizard.postfix.complaints import complaints as new_complaints

POSTCONF_M = ("postconf", "-M")
POSTCONF_P = ("postconf", "-P")

PORT_NAMES = {
    "smtp": 25,
    "mail": 25,
    "submission": 587,
    "smtps": 465,
    "submissions": 465,
    "ssmtp": 465,
    "urd": 465,
}
"""services(5): the names under which master.cf may listen on the three ports."""

_COMMAND = 7
"""master(5): the eighth field is the program."""


@dataclass(frozen=True)
class Service:
    """What the service of a port must have in force, from its `-o` or else from main.cf."""

    port: int
    settings: tuple[tuple[str, str], ...]


_ONLY_AUTHENTICATED = ("smtpd_recipient_restrictions", "permit_sasl_authenticated,reject")

SERVICES = (
    Service(25, (("smtpd_sasl_auth_enable", "no"),)),
    Service(
        587,
        (
            ("smtpd_tls_security_level", "encrypt"),
            ("smtpd_sasl_auth_enable", "yes"),
            _ONLY_AUTHENTICATED,
        ),
    ),
    Service(
        465,
        (
            ("smtpd_tls_wrappermode", "yes"),
            ("smtpd_sasl_auth_enable", "yes"),
            _ONLY_AUTHENTICATED,
        ),
    ),
)


def value(text: str) -> str:
    """A value with its blanks and commas made alike; Postfix takes both between list items."""
    return " ".join(re.split(r"[,\s]+", text.strip(" ,\t\r\n")))


def judge_main_cf(
    live: Mapping[str, str],
    complaints: Sequence[str],
    expected: Sequence[tuple[str, str]],
    tolerated: Sequence[str] = (),
) -> Iterator[Finding]:
    """`main.cf.NAME` for each parameter that differs, `main.cf` when none does, then stderr.

    `tolerated` are complaints that were there before: they stay a warning.
    """
    differing = [pair for pair in expected if value(live.get(pair[0], "")) != value(pair[1])]
    for name, planned in differing:
        yield Finding(
            id=f"main.cf.{name}",
            looked_at=f"main.cf: {name}",
            seen=clean(live[name].encode("utf-8", "surrogateescape"))
            if name in live
            else "not set",
            expected=planned,
            verdict=WRONG,
            advice="Set it so in main.cf, then check again: "
            "the last line of a name is the one that counts.",
        )
    if not differing:
        yield Finding(
            "main.cf", "main.cf: parameters", f"{len(expected)} as planned", "as planned", RIGHT
        )
    new = new_complaints(complaints, tolerated)
    shown = "; ".join(clean(line.encode("utf-8", "surrogateescape")) for line in new or complaints)
    yield Finding(
        id="main.cf.complaints",
        looked_at="postconf -n complains",
        seen=shown or "of nothing",
        expected="of nothing",
        verdict=WRONG if new else WARNING if complaints else RIGHT,
        advice="A misspelt name is ignored by Postfix and only named here: correct the line."
        if complaints
        else "",
    )


def unreadable(complaints: Sequence[str]) -> Finding:
    """`postconf -n` printed no parameter at all, and every Postfix program dies likewise."""
    words = (clean(line.encode("utf-8", "surrogateescape")) for line in complaints)
    return Finding(
        "main.cf",
        "main.cf: parameters",
        "; ".join(words) or "postconf -n prints nothing",
        "as planned",
        WRONG,
        "Correct main.cf until `postconf -n` prints it: Postfix cannot start so.",
    )


def judge_master_cf(
    services: Told, overrides: Told, main_cf: Mapping[str, str]
) -> Iterator[Finding]:
    """`master.cf.PORT`: an active smtpd on each port, with the settings that its port needs."""
    for wanted in SERVICES:
        finding_id, looked_at = f"master.cf.{wanted.port}", f"master.cf: port {wanted.port}"
        expected = ", ".join("=".join(pair) for pair in wanted.settings)
        failure = services.failure or overrides.failure
        if failure:
            yield unknown(finding_id, looked_at, failure, expected)
            continue
        entries = [entry for entry in _inet(services.text) if entry[1] == wanted.port]
        if not entries:
            yield Finding(
                finding_id,
                looked_at,
                "no active entry",
                expected,
                WRONG,
                "Uncomment the entry and its -o lines in master.cf; reload.",
            )
            continue
        name, _, command = entries[-1]
        own = _overrides(overrides.text, name)
        wrong = [
            f"{key}={own.get(key, main_cf.get(key, '(default)'))}"
            for key, right in wanted.settings
            if value(own.get(key, main_cf.get(key, ""))) != value(right)
            and not (right == "no" and key not in own and key not in main_cf)
        ]
        if command != "smtpd":
            wrong.append(f"run by {command}")
        yield Finding(
            id=finding_id,
            looked_at=looked_at,
            seen=clean(", ".join(wrong).encode("utf-8", "surrogateescape"))
            if wrong
            else f"{name} as planned",
            expected=expected,
            verdict=WRONG if wrong else RIGHT,
            advice=f"Correct the -o lines of {name} in master.cf; reload." if wrong else "",
        )


def _inet(text: str) -> Iterator[tuple[str, int, str]]:
    """(name, port, command) of master.cf's inet services."""
    for line in text.splitlines():
        fields = line.split()
        if fields[1:2] == ["inet"] and fields[_COMMAND:]:
            port = fields[0].rpartition(":")[2]
            number = int(port) if port.isdecimal() else PORT_NAMES.get(port, 0)
            yield fields[0], number, fields[_COMMAND]


def _overrides(text: str, name: str) -> dict[str, str]:
    """The -o settings of one inet service; `postconf -P` writes NAME/inet/PARAMETER = VALUE."""
    head = f"{name}/inet/"
    return {
        key[len(head) :]: said for key, said in parameters(text).items() if key.startswith(head)
    }
