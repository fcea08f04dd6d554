"""Install and remove a package with dnf(8) on a terminal of its own.

After an attempt without an outcome, the package is installed once more, also if rpm has it: a dnf
that was cut off may have installed every file and run no scriptlet.

The step waits for RPM's own lock before dnf reads what is installed: the dnf of a killed worker
may still run.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator

from wizard.errors import Trouble
from wizard.paths import MAIN_CF
from wizard.plan.actions import Install
from wizard.plan.undo_actions import Remove
from wizard.run.action_kind import ActionKind
from wizard.run.commands import ended
from wizard.run.context import Context, Undo
from wizard.run.dnf import dnf_manner
from wizard.run.files import read
from wizard.run.packages_meanwhile import LOCK_PATH_MACRO, lock_holder
from wizard.run.past_step import Back, PastStep, RunToUndo, Slot
from wizard.run.path_state import Stale
from wizard.run.terminal import drive

_PAUSE = 0.2


def install(action: Install, context: Context) -> Undo:
    """Install the package, and check that its files are those that the plan was made from."""
    doing = f"installing {action.package}"
    blocked = _lock(doing, context)
    was = _installed(action.package, context)
    undo = context.earlier or context.intend({"package": action.package, "was": was})
    argv = action.argv if context.earlier is None or not was else again(action.argv)
    _dnf(argv, action.package, doing, blocked, context)
    if not _installed(action.package, context):
        raise Trouble(
            doing, "dnf ended well, and rpm knows of no such package", "Run dnf yourself."
        )
    _require_planned_files(action, doing)
    return undo


def remove(action: Remove, context: Context) -> Undo:
    """Remove the package. The operator must agree to dnf's table of all that is removed."""
    doing = f"removing {action.package}"
    blocked = _lock(doing, context)
    was = _installed(action.package, context)
    undo = context.earlier or context.intend({"package": action.package, "was": was})
    if was:
        _dnf(action.argv, action.package, doing, blocked, context)
    return undo


def _lock(doing: str, context: Context) -> Callable[[int], str]:
    """Wait until rpm's lock is free. Return the function that names the process with the lock."""
    path = context.query("rpm", "--eval", LOCK_PATH_MACRO).out.decode("utf-8", "replace").strip()
    blocked = functools.partial(lock_holder, path)
    _await_lock(blocked, doing, context)
    return blocked


def _dnf(
    argv: tuple[str, ...],
    package: str,
    doing: str,
    blocked: Callable[[int], str],
    context: Context,
) -> None:
    manner = dnf_manner(package, context.patience.lock, blocked)
    status = drive(argv, context.loop, context.output, manner, context.ask)
    if status != 0:
        raise Trouble(
            doing,
            f"dnf ended with {ended(status)}: {context.output.tail() or 'it said nothing'}",
            "The whole of what it said is in the step's output.",
        )


def again(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the argv that installs the package and runs its scriptlets once more."""
    return tuple("reinstall" if word == "install" else word for word in argv)


def _await_lock(blocked: Callable[[int], str], doing: str, context: Context) -> None:
    deadline = time.monotonic() + context.patience.lock
    said = ""
    while who := blocked(0):
        remaining = deadline - time.monotonic()
        if remaining <= 0 or context.stopping():
            raise Trouble(
                doing,
                f"{who}, for {context.patience.lock:g} seconds and more"
                if remaining <= 0
                else f"stopped as asked while {who}",
                "Let it end; nothing was begun.",
            )
        if who != said:
            context.say(f"{who}; waiting for it, {remaining:.0f} seconds at most.")
            said = who
        context.loop.turn(_PAUSE)


def _installed(package: str, context: Context) -> str:
    done = context.query("rpm", "-q", "--", package)
    words = done.out.decode("utf-8", "replace").split()
    return words[0] if done.status == 0 and words else ""


def _require_planned_files(action: Install, doing: str) -> None:
    for path, digest in action.lays:
        file = read(path)
        if file is None or file.sha256 != digest:
            raise Stale(
                doing,
                f"stale: dnf laid another {path} than the plan was made from",
                "The package is installed, nothing else was touched. Make the plan again.",
            )


def _remove_again(one: PastStep) -> Iterator[Back]:
    if not one.terms["was"]:
        package = one.action.package
        argv = ("dnf", "remove", package)
        yield one.back(
            Slot.PACKAGE,
            f"Remove the package {package}",
            "The run installed it. dnf asks before it removes anything.",
            Remove(package, argv),
            argv,
        )


_RECORDS = {
    "postfix": "/etc/passwd, /etc/group, /etc/shadow and /etc/gshadow have its users,"
    " /etc/alternatives and /var/lib/alternatives its commands; /etc/pki/tls/certs/postfix.pem and"
    " /etc/pki/tls/private/postfix.key are its own certificate; "
}
"""Records that a package's scripts make. Other packages have only dnf's records."""


def _package(run: RunToUndo) -> Iterator[str]:
    removes = any(isinstance(step.action, Remove) for step in run.back)
    for action, terms in run.of(Install):
        package = action.package
        if terms.get("was"):
            continue
        if not removes:
            yield (
                f"The package {package} stays installed, with its files (`rpm -ql {package}`);"
                " --remove-package takes it too."
            )
        yield (
            f"Records of the package {package}: {_RECORDS.get(package, '')}/var/lib/dnf,"
            " /var/cache/dnf and /var/lib/rpm are dnf's and rpm's."
        )


def _installed_paths(action: Install) -> tuple[str, ...]:
    of_postfix = ("/usr/sbin/postfix", MAIN_CF) if action.package == "postfix" else ()
    return (*of_postfix, "/var/lib/rpm/db")


ACTION_KINDS = (
    ActionKind(
        Install,
        install,
        undo=_remove_again,
        stays=_package,
        others_write=_installed_paths,
        waits_itself=True,
    ),
    ActionKind(Remove, remove, waits_itself=True),
)
