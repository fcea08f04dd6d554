"""The package, installed by dnf(8) on a terminal of its own.

An attempt that has no outcome is not "already so" because rpm says yes: a dnf that was cut
off may have laid every file and run no scriptlet. Such a package is installed once more.
"""

from __future__ import annotations

from wizard.errors import Trouble
from wizard.plan.model import Install
from wizard.run.commands import ended
from wizard.run.context import Context, Undo
from wizard.run.dnf import dnf_manner
from wizard.run.files import read
from wizard.run.states import Stale
from wizard.run.terminal import drive


def install(action: Install, context: Context) -> Undo:
    """Install the package, then hold the files it laid against those the plan was made from."""
    doing = f"installing {action.package}"
    was = _installed(action.package, context)
    undo = context.earlier or context.intend({"package": action.package, "was": was})
    argv = action.argv if context.earlier is None or not was else again(action.argv)
    manner = dnf_manner(action.package, context.patience.lock)
    status = drive(argv, context.loop, context.output, manner, context.ask)
    if status != 0:
        raise Trouble(
            doing,
            f"dnf ended with {ended(status)}: {_last_words(context)}",
            "The whole of what it said is in the step's output. Set that right, then start again.",
        )
    if not _installed(action.package, context):
        raise Trouble(
            doing, "dnf ended well, and rpm knows of no such package", "Run dnf yourself."
        )
    _hold_against(action, doing)
    return undo


def again(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the argv that lays the package and runs its scriptlets once more."""
    return tuple("reinstall" if word == "install" else word for word in argv)


def _installed(package: str, context: Context) -> str:
    done = context.query("rpm", "-q", "--", package)
    words = done.out.decode("utf-8", "replace").split()
    return words[0] if done.status == 0 and words else ""


def _last_words(context: Context) -> str:
    return context.output.tail() or "it said nothing"


def _hold_against(action: Install, doing: str) -> None:
    for path, digest in action.lays:
        held = read(path)
        if held is None or held.sha256 != digest:
            raise Stale(
                doing,
                f"stale: dnf laid another {path} than the plan was made from",
                "The package is installed, nothing else was touched. Make the plan again.",
            )
