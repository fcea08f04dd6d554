"""The main part of the printed script: read its options, try the list, print the table.

It is the end of the script (`outside_script`), after the modules that it uses. Nothing else runs it.
"""

from __future__ import annotations

import argparse
import dataclasses
import ipaddress
import json
import socket
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from wizard.check.abuse.attempts import Target
from wizard.check.abuse.rates import try_rates
from wizard.check.abuse.trials import own_address, try_all
from wizard.finding import RIGHT, VERDICTS, WRONG, Finding

WIDTH = 78
_BESIDE = 42
"""Columns for the verdict and the attempt."""


def run_elsewhere(known: Mapping[str, Any], argv: Optional[Sequence[str]] = None) -> int:
    """Try the whole list. Return 1 if something is wrong, 2 if the host cannot be tested from here.

    `known` has the host, the fields of its Target, and the networks that it trusts.
    """
    parser = argparse.ArgumentParser(description=f"Try what strangers try on {known['host']}.")
    parser.add_argument(
        "--rates",
        action="store_true",
        help="reach for the limits too: this address is then locked out for a minute",
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args(argv)
    try:
        address = _address(known["host"])
        source = own_address(address)
    except OSError as fault:
        print(f"{known['host']} cannot be reached from here: {fault.strerror}")
        return 2
    if _is_trusted(source, known["trusted"]):
        print(f"{source} is in the server's mynetworks: try it from where nobody trusts you.")
        return 2
    target = Target(address, **known["server"])
    findings = try_all(target, source)
    if options.rates:
        findings += try_rates(target, source)
    if options.json:
        print(json.dumps({"findings": [dataclasses.asdict(one) for one in findings]}, indent=2))
    else:
        print("\n".join(_table(findings)))
    return 1 if any(one.verdict == WRONG for one in findings) else 0


def _address(host: str) -> str:
    """Return the first address of a name, IPv4 before IPv6."""
    found = socket.getaddrinfo(host, 25, type=socket.SOCK_STREAM)
    return str(min(found, key=lambda one: one[0] != socket.AF_INET)[4][0])


def _is_trusted(source: str, networks: Sequence[str]) -> bool:
    address = ipaddress.ip_address(source.partition("%")[0])
    return any(address in ipaddress.ip_network(one) for one in networks)


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a line for each finding. What is not right has the advice below it."""
    for one in findings:
        shown = WRONG.upper() if one.verdict == WRONG else one.verdict
        beside = f"{shown:7}  {one.looked_at}"
        yield f"{beside:{_BESIDE}}  {one.seen}"
        if one.verdict != RIGHT:
            yield f"{'':9}expected: {one.expected}"
            yield from textwrap.wrap(
                f"-> {one.advice}", WIDTH, initial_indent=" " * 9, subsequent_indent=" " * 12
            )
    counted = Counter(one.verdict for one in findings)
    yield ""
    yield ", ".join(f"{counted[name]} {name}" for name in VERDICTS if counted[name])
