"""Judge main.cf and each service's own `-o` options as they are in force.

`postfix check` accepts all of these values. Those that a plan refuses too are in `wizard.postfix.hazards`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from wizard.check.silent import arriving, leaving, limits, options, rewriting
from wizard.check.silent.row import ANY, Row
from wizard.check.silent.users import is_judged
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Check, Cure, Finding
from wizard.host.postfix import INDEX_SUFFIX
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.postfix.tables import tables_in
from wizard.text import printable

ROWS = (*arriving.ROWS, *limits.ROWS, *leaving.ROWS, *rewriting.ROWS, *options.ROWS)


def judge_silent(settings: Settings, services: Iterable[Service], door: Door) -> Iterator[Finding]:
    """`parameters.NAME` for each fault; `parameters.files` for a file that is named and missing."""
    entries = tuple(services)
    for row in ROWS:
        places = (("main.cf", settings), *_places(row, settings, entries, door))
        yield from itertools.islice(_of_row(row, places), 1)
    yield from _files(settings, door)
    yield from _secrets(settings, door)


def judge_options(
    settings: Settings, services: Iterable[Service], door: Door, program: str
) -> Iterator[Finding]:
    """`parameters.NAME` for each `-o` of a program of Postfix that is a fault."""
    entries = tuple(one for one in services if one.command == program)
    for row in ROWS:
        if program in row.programs or row.programs == ANY:
            yield from _of_row(row, _places(row, settings, entries, door))


def _of_row(row: Row, places: Iterable[tuple[str, Settings]]) -> Iterator[Finding]:
    for where, own in places:
        value = own.value(row.name)
        if _is_known(own, row.name) and row.applies(own, value):
            subject = f"{where}: {row.name}"
            seen = f"{printable(value, 120) or 'empty'}: {row.does}"
            check = Check(f"parameters.{row.name}", subject, "no such value", fatal=False)
            yield check.finding(row.verdict, seen, printable(_advice(row, where)))


def _advice(row: Row, where: str) -> str:
    text = row.advice.format(name=row.name)
    return text if where == "main.cf" else f"Take `-o {row.name}=...` out of {where}; reload."


def _is_known(settings: Settings, name: str) -> bool:
    """True if somebody set it, or this Postfix has such a parameter."""
    return name in settings.options or name in settings.own or name in settings.defaults


def _places(
    row: Row, settings: Settings, services: Sequence[Service], door: Door
) -> Iterator[tuple[str, Settings]]:
    """Yield each service with an own value of the parameter."""
    for one in services:
        is_read = row.programs == ANY or one.command in row.programs
        is_set = is_read and row.name in one.values
        if is_set and is_judged(one, row.name, settings, services, door):
            yield f"master.cf: {one.name}", settings.of(one.values)


FILES: Mapping[str, str] = {
    "bounce_template_file": "bounce(8) uses its own texts, and complains",
    "smtp_tls_CAfile": "no server's certificate can be verified",
    "smtp_tls_cert_file": "mail goes out without TLS",
    "smtp_tls_key_file": "mail goes out without TLS",
    "mail_spool_directory": "mail for people cannot be stored",
    "tls_random_source": "TLS has no randomness but that of its library",
}
"""Parameters with a path that must be there, and what happens without it."""
_SOURCE = re.compile(r"(?:dev|egd|file):(?=/)")
"""The prefix of the path of a source of randomness (postconf(5), tls_random_source)."""


_SPOOL = "mail_spool_directory"
_BEFORE_SPOOL = ("mailbox_transport", "mailbox_command", "home_mailbox")
"""What local(8) uses in place of the spool directory, if it is set."""


def _is_in_use(settings: Settings) -> bool:
    return not any(map(settings.value, _BEFORE_SPOOL))


def _files(settings: Settings, door: Door) -> Iterator[Finding]:
    for name, does in FILES.items():
        path = _SOURCE.sub("", settings.value(name), count=1) if name in settings.own else ""
        if not path.startswith("/"):
            continue
        try:
            there = door.stat(path) is not None
        except Trouble:
            continue
        if not there:
            check = Check(
                f"parameters.{name}", f"main.cf: {name}", "a file that is there", fatal=False
            )
            yield check.finding(
                WRONG if name == _SPOOL and _is_in_use(settings) else WARNING,
                printable(f"{path} is not there: {does}"),
                printable(f"Make {path}, or take {name} out of main.cf; reload."),
            )


_SECRET = ("smtp_sasl_password_maps", "lmtp_sasl_password_maps", "relay_sasl_password_maps")


def _secrets(settings: Settings, door: Door) -> Iterator[Finding]:
    """Check that others cannot read passwords, neither the text nor its index."""
    for name in _SECRET:
        files = [
            file
            for kind, path in tables_in(settings.value(name))
            for file in (path, f"{path}{INDEX_SUFFIX.get(kind, '')}")
        ]
        modes = {file: _mode(file, door) for file in files}
        readable = [file for file, mode in modes.items() if mode & 0o004]
        if readable:
            check = Check(
                f"parameters.{name}", f"main.cf: {name}", "files that root alone reads", fatal=False
            )
            seen = ", ".join(f"{file} (mode {modes[file]:04o})" for file in readable)
            yield check.warning(
                printable(f"others may read {seen}"),
                printable(f"`chmod 600 {' '.join(readable)}`"),
                Cure((("chmod", "600", *readable),)),
            )


def _mode(path: str, door: Door) -> int:
    """Return the permissions of a file, 0 if there is none or they cannot be seen."""
    try:
        status = door.stat(path)
    except Trouble:
        return 0
    return 0 if status is None else status.st_mode & 0o777
