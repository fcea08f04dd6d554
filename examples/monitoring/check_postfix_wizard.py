#!/usr/bin/python3
"""Tell Nagios, Icinga and others whether the mail server is right, and as the wizard wrote it.

    check_postfix_wizard.py [--program "sudo -n /usr/bin/postfix-wizard"] [--ignore ID] [--timeout SECONDS]

It prints one line with performance data, and ends with

    0  OK        nothing is wrong, and nothing differs from what the runs wrote
    1  WARNING   a warning, or something differs
    2  CRITICAL  something is wrong
    3  UNKNOWN   the program did not answer as expected

`--ignore` names a finding or an item of status that counts as right, such as dns.dmarc. It may be given several times.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections import Counter
from collections.abc import Collection
from typing import Any, NoReturn

from wizard_json import VERDICTS, UnusableAnswer, call, one_line

STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
OK, WARNING, CRITICAL, UNKNOWN = range(4)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with UNKNOWN. argparse's own status, 2, is CRITICAL here."""
        _end(UNKNOWN, message)


def judge(
    check: dict[str, Any], status: dict[str, Any], ignored: Collection[str]
) -> tuple[int, list[str], Counter[str]]:
    """Return the state, what is not right (the worst first), and how many there are of each kind."""
    findings = [one for one in check["findings"] if one["id"] not in ignored]
    drifted = [one for one in status["items"] if one["drifted"] and one["id"] not in ignored]
    counts = Counter(one["verdict"] for one in findings)
    counts["drifted"] = len(drifted)
    # What follows from another finding is repaired with it.
    said = [
        f"{one['id']}: {one['seen']}"
        for verdict in ("wrong", "warning")
        for one in findings
        if one["verdict"] == verdict and not one["follows"]
    ]
    said += [f"{one['id']}: {one['now']}" for one in drifted]
    if counts["wrong"]:
        return CRITICAL, said, counts
    return (WARNING if counts["warning"] or drifted else OK), said, counts


def _end(state: int, words: str, data: str = "") -> NoReturn:
    print(f"POSTFIX {STATES[state]} - {words}{data and f' | {data}'}")
    sys.exit(state)


def main() -> NoReturn:
    """Call both commands, and print the line."""
    parser = _Parser(description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("--program", default="postfix-wizard")
    parser.add_argument("--ignore", action="append", default=[], metavar="ID")
    parser.add_argument("--timeout", type=float, default=50, metavar="SECONDS")
    given = parser.parse_args()
    began = time.monotonic()
    try:
        program = shlex.split(given.program)
        check = call(program, "check", given.timeout)
        status = call(program, "status", max(1, given.timeout + began - time.monotonic()))
        state, said, counts = judge(check, status, given.ignore)
    except UnusableAnswer as error:
        _end(UNKNOWN, str(error))
    except Exception as error:  # noqa: BLE001 (Python's own status, 1, is WARNING here)
        _end(UNKNOWN, one_line(f"the JSON has another form than docs/json.md says: {error!r}"))
    kinds = (*VERDICTS[:2], "drifted")
    words = ", ".join(f"{counts[one]} {one}" for one in kinds)
    limits = {"wrong": ";0", "warning": "0;", "drifted": "0;"}
    data = [f"{one}={counts[one]};{limits.get(one, ';')};0" for one in (*VERDICTS, "drifted")]
    seconds = f"time={time.monotonic() - began:.2f}s;;;0"
    _end(state, one_line("; ".join((words, *said))), " ".join((*data, seconds)))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    main()
