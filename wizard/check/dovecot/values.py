"""Find values of Dovecot by which it opens itself, or refuses the people of this host.

`doveconf` takes each of them: what they mean depends on users, plugins and directories.
"""

from __future__ import annotations

import grp
import ipaddress
import os
import pwd
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Optional

from wizard.check.host.sockets import WRITE, Identity, allows
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import Check, Finding
from wizard.host.dovecot import people_rows
from wizard.host.facts import Dovecot
from wizard.postfix.dovecot import mailbox
from wizard.text import printable

LEAST_PREFIX = {4: 8, 6: 16}
"""Bits of a network that one organisation may have, by the version of IP."""

MIN_CLIENTS = 5
"""With fewer at once, a slow one locks out everybody else."""

_SERVICES = {
    "auth": "logins and look-ups of recipients wait for each other",
    "lmtp": "a slow mailbox keeps the mail of all others waiting",
}
"""Services that Postfix calls, and what is lost if they are few. One process of auth serves all."""

_OWN_USERS = frozenset({"passwd", "pam", "nss"})
_BOUNDS = (
    ("first_valid_uid", "uid", False),
    ("last_valid_uid", "uid", True),
    ("first_valid_gid", "gid", False),
    ("last_valid_gid", "gid", True),
)
"""The setting, the number of a user that it bounds, and whether it is the highest (0 for none)."""
_FIELDS = {"uid": 2, "gid": 3}
"""Where passwd(5) has them."""

_DIRECTORIES = frozenset({"maildir", "sdbox", "mdbox", "dbox"})
_NAME = re.compile(r"%L?[nu]|%\{\s*user\s*(?:\|\s*(?:username|lower)\s*)*\}")
_IDS = re.compile(r"\b(uid|gid)=(\S+)")
_OF_IDS = re.compile(r"^userdb.*/(?:args|default_fields|override_fields)$")
"""Settings of a userdb of 2.3 that may have uid=USER. A query or a filter has other things so."""
_OWNERS = re.compile(r"(?:^mail_|^userdb.*/)(uid|gid)$")
_PLUGIN = re.compile(r"(?:lib)?(?:\d*_)?(.*?)(?:_plugin)?(?:\.so)?", re.DOTALL)
"""A name in mail_plugins or of a file, around what Dovecot compares (its module_file_get_name)."""
_GROUPS = ("mail_access_groups", "mail_privileged_group")
_SEARCH = 1


def judge_values(door: Door, dovecot: Dovecot, delimiter: str) -> Iterator[Finding]:
    """Yield those that are wrong of `dovecot.trusted`, `.owner`, `.log`, `.limits`, `.plugins` and others.

    These are `.numbers`, `.place` and `.delimiter`. `delimiter` is Postfix's recipient_delimiter (postconf(5)).
    """
    settings = dovecot.settings
    yield from _trusted(settings)
    yield from _owner(settings)
    yield from _log(settings)
    yield from _silent(settings)
    yield from _limits(settings)
    yield from _plugins(door, settings)
    # Where a userdb has another owner for mailboxes, the user's own numbers do not count.
    if _has_own_users(dovecot) and all(
        path.startswith("mail_") for path, _, _ in _owners(settings)
    ):
        yield from _numbers(settings, people_rows(door.readable_text("/etc/passwd")))
        reader = _user(dovecot.reader) if dovecot.reader else None
        if reader is not None:
            yield from _place(door, settings, dovecot.version, reader)
    yield from _delimiter(settings, delimiter)


def _check(name: str, subject: str, expected: str) -> Check:
    return Check(f"dovecot.{name}", f"Dovecot: {subject}", expected, fatal=False)


def _user(name: str) -> Optional[pwd.struct_passwd]:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _has_own_users(dovecot: Dovecot) -> bool:
    """True if Dovecot's users are those of the host alone, as for `userdb passwd`."""
    settings = dovecot.settings
    drivers = {one.partition(" ")[2] for one in dovecot.backends if one.startswith("userdb ")}
    if not drivers <= _OWN_USERS:
        return False
    blocks = {path.split("/")[0] for path in settings if path.startswith("userdb")}
    named = {block.partition(" ")[2] for block in blocks}
    return bool(_OWN_USERS & {settings.get("userdb/driver", ""), *named})


def _trusted(settings: Mapping[str, str]) -> Iterator[Finding]:
    name = "login_trusted_networks"
    for word in re.split(r"[\s,]+", settings.get(name, "")):
        try:
            network = ipaddress.ip_network(word, strict=False)
        except ValueError:
            continue
        if network.prefixlen < LEAST_PREFIX[network.version]:
            yield _check("trusted", name, "networks of yours").warning(
                printable(f"{name} = {word}: from there passwords are taken without TLS"),
                f"Take {word} out of {name}, and restart Dovecot: clients there may also claim any"
                " address for themselves.",
            )
            return


def _log(settings: Mapping[str, str]) -> Iterator[Finding]:
    for name, shown in (("auth_verbose_passwords", "plain"), ("auth_debug_passwords", "yes")):
        if settings.get(name, "").partition(":")[0] == shown:
            yield _check("log", "passwords in the log", "none").warning(
                f"{name} = {settings[name]}: passwords are written to the log",
                f"Take {name} out, restart Dovecot, and remove them from the log.",
            )
            return


def _silent(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Find a log that is thrown away, so that nobody learns why mail or a login fails."""
    for name in ("log_path", "info_log_path"):
        if settings.get(name) == "/dev/null":
            yield _check("log", "where its log goes", "where somebody reads it").warning(
                f"{name} = /dev/null: its log is thrown away",
                f"Set `{name} = syslog` or take it out, and restart Dovecot.",
            )
            return


def _limits(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Find a service that serves fewer clients at once than a household has."""
    for service, loss in _SERVICES.items():
        each, processes = (
            _limit(settings, f"service {service}/{name}", f"default_{name}")
            for name in ("client_limit", "process_limit")
        )
        at_once = each * (1 if service == "auth" else processes)
        if 0 < at_once < MIN_CLIENTS:
            seen = f"service {service}: client_limit {each}, process_limit {processes}"
            advice = f"Take both out of `service {service}`, and restart Dovecot: {loss}."
            check = _check("limits", "clients at once", f"{MIN_CLIENTS} at least")
            yield check.wrong(seen, advice) if service == "auth" else check.warning(seen, advice)
            return


def _limit(settings: Mapping[str, str], *names: str) -> int:
    """Return the first of these settings that has a number, 0 if none has."""
    found = (settings.get(name, "") for name in names)
    return next((int(text) for text in found if text.isdecimal() and int(text)), 0)


def _owner(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Find the user or group of all mailboxes if this host has none of that name."""
    for _, kind, name in _owners(settings):
        if name and not name.isdecimal() and "%" not in name and not _exists(kind, name):
            what = "user" if kind == "uid" else "group"
            yield _check(
                "owner", "whose mailboxes they are", "a user and a group of this host"
            ).wrong(
                printable(f"{kind} {name}: this host has no such {what}"),
                f"Add the {what} {printable(name)}, or correct the userdb: mail waits meanwhile.",
            )
            return


def _owners(settings: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each setting that names the owner of mailboxes, `uid` or `gid`, and the name."""
    for path, value in settings.items():
        found = _OWNERS.search(path)
        if found and value:
            yield path, found[1], value
        elif _OF_IDS.search(path):
            yield from ((path, kind, name) for kind, name in _IDS.findall(value))


def _exists(kind: str, name: str) -> bool:
    try:
        _ = pwd.getpwnam(name) if kind == "uid" else grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _numbers(settings: Mapping[str, str], users: Sequence[Sequence[str]]) -> Iterator[Finding]:
    for name, kind, is_highest in _BOUNDS:
        text = settings.get(name, "")
        if not text.isdecimal() or (is_highest and text == "0"):
            continue
        bound = int(text)
        for user in users:
            number = int(user[_FIELDS[kind]])
            if number > bound if is_highest else number < bound:
                yield _check("numbers", "people's numbers", "taken by Dovecot").wrong(
                    printable(f"{user[0]} has the {kind} {number}, and {name} is {bound}"),
                    f"Correct {name}, and restart Dovecot: it refuses logins, and mail waits.",
                )
                return


def _plugins(door: Door, settings: Mapping[str, str]) -> Iterator[Finding]:
    directory = settings.get("mail_plugin_dir", "")
    there = {_plugin(one) for one in door.readable_names(directory)} if directory else set()
    if not there:
        return
    for path, value in settings.items():
        words = re.split(r"[\s,]+", value) if path.rpartition("/")[2] == "mail_plugins" else ()
        of_2_4 = path.rpartition("mail_plugins/")[2] if "mail_plugins/" in path else ""
        named = (of_2_4,) if of_2_4 and value == "yes" else words
        for name in named:
            if name and not name.startswith("$") and _plugin(name) not in there:
                yield _check("plugins", "its plugins", f"in {directory}").wrong(
                    printable(f"{name} of mail_plugins is not there"),
                    f"Install the package that has it, or take {printable(name)} out of mail_plugins:"
                    " nobody gets mail or reads it.",
                )
                return


def _plugin(name: str) -> str:
    """Return a plugin's name without what Dovecot leaves out of it."""
    found = _PLUGIN.fullmatch(name)
    return found[1] if found else name


def _place(
    door: Door, settings: Mapping[str, str], version: str, user: pwd.struct_passwd
) -> Iterator[Finding]:
    """Find a place for mail in which the user may not make a mailbox; none if it is not known."""
    kind, _, path = mailbox(settings, version).partition(":")
    path = _NAME.sub(lambda _: user.pw_name, path.partition(":")[0])
    if kind not in _DIRECTORIES or not path.startswith("/") or "%" in path:
        return
    groups = {*os.getgrouplist(user.pw_name, user.pw_gid), *_extra_groups(settings)}
    who = Identity(user.pw_uid, frozenset(groups))
    place = PurePosixPath(path)
    for one in (place, *place.parents):
        try:
            status = door.stat(str(one))
        except Trouble:
            return
        if status is None:
            continue
        if not allows(status, who, WRITE) or not allows(status, who, _SEARCH):
            yield _check("place", "where mail is kept", "a place that its user may write").wrong(
                printable(f"{path} of {user.pw_name}: {one} is closed to them"),
                f"Make {printable(path)} with that owner, or name another place: mail waits meanwhile.",
            )
        return


def _extra_groups(settings: Mapping[str, str]) -> set[int]:
    """Return the groups that Dovecot's processes have besides those of the user."""
    names = (word for one in _GROUPS for word in re.split(r"[\s,]+", settings.get(one, "")))
    return {gid for gid in map(_gid, names) if gid is not None}


def _gid(name: str) -> Optional[int]:
    try:
        return int(name) if name.isdecimal() else grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def _delimiter(settings: Mapping[str, str], delimiter: str) -> Iterator[Finding]:
    own = settings.get("recipient_delimiter", "")
    lost = [one for one in delimiter if one not in own]
    if lost and own:
        yield _check("delimiter", "recipient_delimiter", f"{delimiter}, as Postfix has it").wrong(
            printable(f"{own}: user{lost[0]}anything is no user for it"),
            f"Set `recipient_delimiter = {delimiter}` for Dovecot too, and restart it: mail for such"
            " addresses is returned to its sender.",
        )
