"""Make the keys that sign mail, and turn the signer (DKIM, RFC 6376).

openssl writes a key into its file. No byte of it passes through this program, its output, its
journal or an argv. An undo leaves keys: a published record may already name them.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import time
from collections.abc import Collection, Iterator
from dataclasses import replace

from wizard.dns.key_record import RIGHT, UNKNOWN, KeyRecord
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.milter import milter_fault
from wizard.host.network import parse_resolvers
from wizard.host.signing import read_keys
from wizard.plan.actions import AskRecords, MakeKey, ReturnSigner, SetMember, TurnSigner
from wizard.run import files
from wizard.run.action_kind import ActionKind
from wizard.run.actions.dovecot import turn_again, turn_back, turn_beside
from wizard.run.context import Context, Undo
from wizard.run.directories import explained, make_directory, missing_directories
from wizard.run.past_step import Back, PastStep, RunToUndo, Slot
from wizard.run.units import fail, unit_state

_DIRECTORY = 0o750
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PAUSE = 0.05
_DNS_SECONDS = 5.0
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
    directory = os.path.dirname(action.path)  # noqa: PTH120 (a string suffices)
    directories = missing_directories((action.path,))
    undo = context.earlier or context.intend({"key": action.path, "made": directories})
    for one in directories:
        make_directory(one, _DIRECTORY)
        with explained(doing, one):
            os.chown(one, 0, user.pw_gid)

    def write(path: str) -> None:
        advice = "`openssl genrsa -out FILE 2048` says why; nothing was put in place."
        context.require_success(doing, advice, *_genrsa(path, action.bits))
        # On a full disk openssl writes a part of the key, or nothing, and exits with 0.
        advice = f"Is the disk full? `df -h {directory}`; nothing was put in place."
        context.require_success(doing, advice, "openssl", "pkey", "-in", path, "-noout")

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
    if status.st_uid != uid or status.st_mode & _OTHERS:
        raise Trouble(
            doing,
            f"{action.path} exists, and not {action.user} alone may read it",
            f"`chown {action.user}: {action.path}; chmod 600 {action.path}`, if only you had it until now. "
            "Else choose a new selector.",
        )


def turn_signer(action: TurnSigner, context: Context) -> Undo:
    """Start, restart or stop the unit. After a start a milter must answer, and go on answering."""
    undo = turn_beside(action, context)
    _await_milter(action, context)
    return undo


def return_signer(action: ReturnSigner, context: Context) -> Undo:
    """Do the same in an undo, where the unit may have been stopped or may have died since."""
    undo = turn_again(action, context)
    _await_milter(action, context)
    return undo


def _await_milter(action: TurnSigner, context: Context) -> None:
    if action.verb == "stop":
        return
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
            return
        context.loop.turn(_PAUSE)


def ask_records(action: AskRecords, context: Context) -> Undo:
    """Ask each server for each record. Raises Trouble unless all of them have these keys."""
    doing = "asking the zone's own servers for the published keys"
    publics, records = published_now(action.keys)
    for name, path in action.keys:
        record = records.get(name)
        if record is None or not publics[name]:
            raise Trouble(doing, f"{path} cannot be read any more", "Make the plan again.")
        if record.state == UNKNOWN and action.accepts_silence:
            context.say(f"{name}: not known, as you accepted: {record.why}")
        elif record.state != RIGHT:
            raise Trouble(
                doing,
                f"{name}: {record.why}",
                "Nothing was changed. Publish the record at each server, then try again.",
            )
        else:
            context.say(f"{name}: right at {record.why}")
    return {}


def published_now(
    keys: Collection[tuple[str, str]],
) -> tuple[dict[str, str], dict[str, KeyRecord]]:
    """Return by name of the record the public parts of keys, and what the zones' own servers have."""
    from wizard.dns.key_records import published  # noqa: PLC0415 - few runs ask

    door = Door()
    found = read_keys(door, [path for _, path in keys])
    publics = {name: found[path].public for name, path in keys if path in found}
    resolvers = parse_resolvers(door.readable_text("/etc/resolv.conf"))
    return publics, published(publics, resolvers, seconds=_DNS_SECONDS)


def set_member(action: SetMember, context: Context) -> Undo:
    """Make a user a member of a group, or end that. Done again, it does no harm."""
    undo = context.earlier or context.intend({"was": _is_member(action.user, action.group)})
    if _is_member(action.user, action.group) is not action.is_member:
        advice = "`getent group` and `ls -l /etc/gshadow.lock` show what is in the way."
        doing = f"changing the group {action.group}"
        context.require_success(doing, advice, *membership_argv(action))
    return undo


def _is_member(user: str, group: str) -> bool:
    try:
        return user in grp.getgrnam(group).gr_mem
    except KeyError:
        return False


def membership_argv(action: SetMember) -> tuple[str, ...]:
    """Return the command for a membership."""
    if action.is_member:
        return ("usermod", "-a", "-G", action.group, action.user)
    return ("gpasswd", "-d", action.user, action.group)


def _member_back(one: PastStep) -> Iterator[Back]:
    if not one.terms["was"]:
        back = replace(one.action, is_member=not one.action.is_member)
        yield one.back(
            Slot.CHANGES,
            f"Take {back.user} out of the group {back.group}",
            "It was not in it before the run.",
            back,
            membership_argv(back),
        )


def _turn_back(one: PastStep) -> Iterator[Back]:
    return turn_back(one, ReturnSigner, one.action.sockets)


def _keys(run: RunToUndo) -> Iterator[str]:
    paths = [action.path for action, _ in run.of(MakeKey) if os.path.lexists(action.path)]
    if paths:
        yield (
            f"{', '.join(paths)}: keys that sign mail stay, since their records may be published. Take "
            "the records out first, then `rm` the keys."
        )


def _records(run: RunToUndo) -> Iterator[str]:
    """Yield what counts where an undo of a change of the key makes the former one sign again."""
    names = [name for action, _ in run.of(AskRecords) for name, _ in action.keys]
    begins = any(isinstance(one.action, SetMember) for one in run.plan.pending)
    if names and any(run.of(TurnSigner)) and not begins:
        yield (
            f"{', '.join(names)}: a record stays, since signed mail may be on its way. An undo asks no server for "
            "records: if you withdrew that of the former key since, publish it again first."
        )


ACTION_KINDS = (
    ActionKind(AskRecords, ask_records, stays=_records),
    ActionKind(
        SetMember,
        set_member,
        undo=_member_back,
        others_write=lambda _: ("/etc/group", "/etc/gshadow"),
    ),
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
    ActionKind(ReturnSigner, return_signer, undo=_turn_back, reads_files=True),
)
