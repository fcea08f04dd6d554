"""Make the keys that sign mail, and turn the signer (DKIM, RFC 6376).

openssl writes a key into its file. No byte of it passes through this program, its output, its
journal or an argv. An undo leaves keys: a published record may already name them.
"""

from __future__ import annotations

import os
import pwd
import stat
import time
from collections.abc import Iterator

from wizard.errors import Trouble
from wizard.host.milter import milter_fault
from wizard.host.units import RUNNING_STATES
from wizard.plan.actions import MakeKey, TurnSigner
from wizard.run import files
from wizard.run.action_kind import ActionKind
from wizard.run.actions.dovecot import turn_beside
from wizard.run.context import Context, Undo
from wizard.run.directories import explained, make_directory, missing_directories
from wizard.run.past_step import Back, PastStep, RunToUndo, Slot
from wizard.run.units import fail, unit_state

_DIRECTORY = 0o750
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PAUSE = 0.05
_STEADY_SECONDS = 0.5
"""A process that dies of its configuration does so at once. It must answer again after this time."""


def make_key(action: MakeKey, context: Context) -> Undo:
    """Make the key if there is none. An existing one is used, if only its user can read it."""
    doing = f"making the key {action.path}"
    try:
        user = pwd.getpwnam(action.user)
    except KeyError:
        raise Trouble(
            doing,
            f"there is no user {action.user}",
            "The package makes it: `rpm -V opendkim` and `dnf reinstall opendkim`.",
        ) from None
    directories = missing_directories((action.path,))
    undo = context.earlier or context.intend({"key": action.path, "made": directories})
    for directory in directories:
        make_directory(directory, _DIRECTORY)
        with explained(doing, directory):
            os.chown(directory, 0, user.pw_gid)

    def write(path: str) -> None:
        advice = "`openssl genrsa -out FILE 2048` says why; nothing was put in place."
        context.require_success(doing, advice, *_genrsa(path, action.bits))

    if files.make_by(action.path, write, uid=user.pw_uid, gid=user.pw_gid):
        context.say(f"{action.path} is new; {action.user} alone reads it.")
    else:
        _require_private(action, user.pw_uid, doing)
        context.say(f"{action.path} exists, and is used.")
    return undo


def _genrsa(path: str, bits: int) -> tuple[str, ...]:
    return ("openssl", "genrsa", "-out", path, str(bits))


def _require_private(action: MakeKey, uid: int, doing: str) -> None:
    with explained(doing, action.path):
        status = os.lstat(action.path)
    if status.st_uid not in (0, uid) or status.st_mode & _OTHERS:
        raise Trouble(
            doing,
            f"{action.path} exists, and others than {action.user} may read it",
            f"`chown {action.user}: {action.path}; chmod 600 {action.path}`, if only you had it until now. "
            "Else choose a new selector.",
        )


def turn_signer(action: TurnSigner, context: Context) -> Undo:
    """Start, restart or stop the unit. After a start a milter must answer, and go on answering."""
    undo = turn_beside(action, context)
    if action.verb == "stop":
        return undo
    doing = f"asking {action.unit} on its socket"
    steady_since = None
    deadline = time.monotonic() + context.patience.service
    while True:
        faults = [fault for fault in map(milter_fault, action.sockets) if fault]
        now, state = time.monotonic(), unit_state(action.unit, context)
        if state == "failed" or (faults and now > deadline):
            fail(action.unit, doing, "; ".join([f"{action.unit} is {state}", *faults]), context)
        if faults or state != "active":
            steady_since = None
        elif steady_since is None:
            steady_since = now
        elif now - steady_since > _STEADY_SECONDS:
            context.say(f"{action.unit} answers as a milter.")
            return undo
        context.loop.turn(_PAUSE)


def _turn_back(one: PastStep) -> Iterator[Back]:
    unit, was = one.action.unit, str(one.terms["was"])
    ran = was in RUNNING_STATES
    verb = "restart" if ran else "stop"
    yield one.back(
        Slot.OTHER_UNITS,
        f"{verb.capitalize()} {unit}",
        "It reads its files as they were before." if ran else "It did not run before.",
        TurnSigner(verb, unit, one.action.verb, one.action.sockets if ran else ()),
        ("systemctl", verb, unit),
    )


def _keys(run: RunToUndo) -> Iterator[str]:
    paths = [action.path for action, _ in run.of(MakeKey) if os.path.lexists(action.path)]
    if paths:
        yield (
            f"{', '.join(paths)}: keys that sign mail stay, since their records may be published. Take "
            "the records out first, then `rm` the keys."
        )


ACTION_KINDS = (
    ActionKind(
        MakeKey,
        make_key,
        undo=lambda _: iter(()),
        stays=_keys,
        writes=lambda action: (action.path,),
    ),
    ActionKind(
        TurnSigner,
        turn_signer,
        undo=_turn_back,
        reads_files=True,
        returns=True,
    ),
)
