"""One whole life of a lab host: what every command prints after each event, and what was written.

The host, its names, its keys and the operator's files are the same for both programs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from comparison import screens
from comparison.observed import Observed
from lab import host as lab_host
from lab.host import Host, Options
from tests.lab.program import ANSWERS, PROGRAM, WITHOUT_CAFE
from tests.recorded import house
from tests.recorded.situations import killed

_STATE = "/var/lib/postfix-wizard"
_SECONDS = 300

FIRST = house.ANSWERS
SECTION = house.SECTION_ANSWERS
MOVED = FIRST + '\n[move]\nold_server = "192.168.1.2"\n'
EVERYTHING = MOVED + '\n[hardening]\nuse = "on"\n\n[dovecot]\nimaps = "open"\n'
LIMITED = FIRST + "\n[limits]\nmessage_size_limit = 31457280\n"
_NAMED = ("--answers", ANSWERS)

LOOKS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", *_NAMED),
    "plan-json": ("plan", *_NAMED, "--json"),
    "plan-saved": ("plan", "--json"),
    "status": ("status",),
    "status-json": ("status", "--json"),
    "check": ("check",),
    "check-json": ("check", "--json"),
    "runs": ("runs",),
    "runs-json": ("runs", "--json"),
    "move": ("move",),
    "move-json": ("move", "--json"),
    "log": ("log",),
    "log-json": ("log", "--json"),
    "undo": ("undo", "--dry-run"),
    "attach": ("attach",),
}
"""What is called after each event; none of it changes anything."""

_APPLY = ("apply", *_NAMED, "--yes")
_SECTION = (*_APPLY, "--section", "domains", "--section", "blocklists", *WITHOUT_CAFE)


@dataclass(frozen=True)
class Event:
    """A call that changes the host, or an edit by hand; `answers` are put there before it."""

    name: str
    words: tuple[str, ...] = ()
    answers: str = ""
    by_hand: Callable[[Host], object] | None = None


def _edit_main_cf(host: Host) -> None:
    host.run(["postconf", "-e", "message_size_limit = 20000000", "biff = no"], check=True)
    # Without a reload an smtpd that still runs shows the old limit, and a new one the other.
    host.run(["postfix", "reload"], check=True)


def _edit_a_table(host: Host) -> None:
    rows = "printf 'mine.example OK\\n' >>/etc/postfix/sender_access; postmap /etc/postfix/sender_access"
    host.run(["sh", "-c", rows], check=True)


def _kill_a_section_run(host: Host) -> None:
    """Kill it when main.cf is replaced and Postfix has not read it."""
    killed(host, "/usr/sbin/postfix", "check", _SECTION)


def _kill_an_undo(host: Host) -> None:
    killed(host, "/usr/sbin/postfix", "reload", ("undo", "--yes"))


LIFE = (
    Event("01-first-set-up", _APPLY, FIRST),
    Event("02-nothing-to-do", _APPLY),
    Event("03-needs-acceptance", _SECTION[:-2], SECTION),
    Event("04-section", _SECTION),
    Event("05-undo", ("undo", "--yes")),
    Event("06-edited-by-hand", by_hand=_edit_main_cf),
    Event("07-conflict", (*_APPLY, "--section", "limits"), LIMITED),
    Event("08-kept", (*_APPLY, "--section", "limits", "--keep-mine")),
    Event("09-planned", (*_APPLY, "--section", "limits", "--take-planned")),
    Event("10-table-by-hand", by_hand=_edit_a_table),
    Event("11-killed", answers=SECTION, by_hand=_kill_a_section_run),
    Event("12-refused-while-cut-off", _SECTION),
    Event("13-resumed", ("resume", "--yes")),
    Event("14-everything", (*_APPLY, "--accept", "domain-class=kafe.zeke.ne.jp"), EVERYTHING),
    Event("15-killed-undo", by_hand=_kill_an_undo),
    Event("16-resumed-undo", ("resume", "--yes")),
    Event("17-pruned", ("runs", "--prune", "--keep", "2", "--yes")),
)


def observe(program: Path, suite: str, observed: Observed) -> None:
    """Live through all events on a fresh host of a suite, and keep what is seen."""
    name = f"compare-{suite}"
    lab_host.destroy(name)
    host = lab_host.boot(name, Options(suite=suite, dovecot=True, pyz=str(program)))
    try:
        house.operators_files(host)
        host.run(["systemctl", "restart", "named"], check=True)
        host.run(["install", "-d", "-m", "700", _STATE], check=True)
        host.write(f"{_STATE}/key", "k" * 32, 0o600)
        host.write(ANSWERS, FIRST, 0o600)
        _look(host, f"{suite}/00-before", observed)
        screens.observe_before(host, f"{suite}/00-before/screen", observed)
        files: dict[str, str] = {}
        for event in LIFE:
            _happen(host, event, f"{suite}/{event.name}", observed)
            now = _written(host)
            for file, text in now.items():
                if files.get(file) != text:
                    observed.text(f"{suite}/{event.name}/file/{file}", text)
            observed.text(
                f"{suite}/{event.name}/gone", "\n".join(sorted(files.keys() - now.keys()))
            )
            files = now
        screens.observe_after(host, f"{suite}/18-after/screen", observed)
    finally:
        host.stop()


def _happen(host: Host, event: Event, at: str, observed: Observed) -> None:
    if event.answers:
        host.write(ANSWERS, event.answers, 0o600)
    if event.by_hand is not None:
        event.by_hand(host)
    if event.words:
        _call(host, f"{at}/call", event.words, observed)
    _look(host, at, observed)


def _look(host: Host, at: str, observed: Observed) -> None:
    for name, words in LOOKS.items():
        _call(host, f"{at}/{name}", words, observed)


def _call(host: Host, at: str, words: tuple[str, ...], observed: Observed) -> None:
    done = host.run([PROGRAM, *words], timeout=_SECONDS)
    observed.call(at, done.returncode, done.stdout, done.stderr)


_FILES = (
    *("etc/postfix", "etc/postfix-wizard", "etc/aliases", "etc/aliases.orig"),
    *("etc/letsencrypt/renewal-hooks", "etc/firewalld/zones", "etc/dovecot"),
    *("var/lib/postfix-wizard",),
)
_NOT_TEXT = (".db", ".lmdb", ".pem", ".key", ".old")


def _written(host: Host) -> dict[str, str]:
    """Return the files that the program writes, with owner and mode, by a name without slashes."""
    found: dict[str, str] = {}
    for top in _FILES:
        start = host.root / top
        for path in sorted((start, *start.rglob("*"))) if start.exists() else ():
            below = str(path.relative_to(host.root))
            if path.is_dir() or path.name.endswith(_NOT_TEXT) or "/gathered/" in below:
                continue
            status = path.lstat()
            head = f"{status.st_mode:o} {status.st_uid}:{status.st_gid}\n"
            body = str(path.readlink()) if path.is_symlink() else _text(path)
            found[below.replace("/", "|")] = head + body
    return found


def _text(path: Path) -> str:
    """Return a file's text; JSON and journals have one value a line."""
    return path.read_text(encoding="utf-8", errors="backslashreplace").replace(',"', ',\n"')
