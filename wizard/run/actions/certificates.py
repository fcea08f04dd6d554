"""Certificates: repair certbot's links, and make a self-signed pair for a trial."""

from __future__ import annotations

import os
from dataclasses import dataclass

from wizard.certificates.self_signed import openssl
from wizard.errors import Trouble
from wizard.plan.certificate_actions import Relink, SelfSign
from wizard.plan.files import Link
from wizard.run import commands, labels
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo, listed
from wizard.run.directories import explained, place
from wizard.run.files import make_link, read, replace
from wizard.run.past_step import files_back_unless_issued
from wizard.run.path_state import AGAIN, Stale, require
from wizard.run.relabel import restore_labels


def relink(action: Relink, context: Context) -> Undo:
    """Make each name in live/ a link into archive/ again, and set the labels of both."""
    doing = f"making the links of certificate {action.lineage} whole"
    todo = []
    for link in action.links:
        seen = context.observe(link.path)
        if not context.already(seen, _linked(link)):
            require(seen, link.was, doing)
            _require_target(link, doing)
            todo.append((link, seen))
    undo = context.earlier or context.intend(
        {"files": [context.undo_file(seen, _linked(link)) for link, seen in todo]}
    )
    with labels.expected((link.path for link, _ in todo), labels.LINK):
        for link, seen in todo:
            make_link(link.path, link.target, seen.existing)
            context.say(f"{link.path} -> {link.target}")
    restore_labels(_directories(action))
    return undo


def _linked(link: Link) -> str:
    return f"link:{link.target}"


def _require_target(link: Link, doing: str) -> None:
    with place(link.path, doing) as at:
        try:
            os.stat(link.target, dir_fd=at.fd)
        except OSError as error:
            raise Stale(
                doing,
                f"stale: {link.target}, where {link.path} is to lead: {error.strerror}",
                AGAIN,
            ) from error


def _directories(action: Relink) -> set[str]:
    live = {os.path.dirname(link.path) for link in action.links}  # noqa: PTH120
    archive = {
        os.path.normpath(
            os.path.join(os.path.dirname(link.path), os.path.dirname(link.target))  # noqa: PTH118, PTH120
        )
        for link in action.links
    }
    return live | archive


@dataclass(frozen=True)
class _Part:
    """One file of the pair: its staged name, its final path, its mode."""

    name: str
    path: str
    mode: int


def self_sign(action: SelfSign, context: Context) -> Undo:
    """Make a key and a certificate with openssl-req(1) in the staging directory, then install both.

    The key is 0600 from the start, and no copy remains in the run's own directory.
    """
    doing = f"making the self-signed certificate {action.cert_file}"
    for path in (action.cert_file, action.key_file):
        if path.startswith("-") or not os.path.isabs(path):  # noqa: PTH117
            raise Trouble(doing, f"{path!r} is no absolute path", "Report this.")
    parts = (
        _Part("key.pem", action.key_file, 0o600),
        _Part("cert.pem", action.cert_file, 0o644),
    )
    if context.earlier is None:
        for path, before in zip((action.cert_file, action.key_file), action.before):
            context.require_before(context.observe(path), before, doing)
    staged = {part: f"{context.staging()}/{part.name}" for part in parts}
    for path in staged.values():
        _forget(path)
    argv = openssl(action.names, action.days, *staged.values())
    # With openssl's umask the key is never readable by others.
    done = commands.run(argv, context.loop, context.output, umask=0o077)
    if done.status != 0:
        raise Trouble(doing, listed(argv, done))
    made = [(part, _read(path, doing), context.observe(part.path)) for part, path in staged.items()]
    undo = context.intend(
        {"files": [context.undo_file(seen, context.text_state(text)) for _, text, seen in made]}
    )
    for part, text, seen in made:
        replace(part.path, text, seen.file, mode=part.mode)
        _forget(staged[part])
    return undo


def _read(path: str, doing: str) -> bytes:
    file = read(path)
    if file is None:
        raise Trouble(doing, f"openssl made no {path}", "Report this.")
    return file.text


def _forget(path: str) -> None:
    doing = f"removing {path}"
    with place(path, doing) as at, explained(doing, path):
        try:
            os.unlink(at.name, dir_fd=at.fd)
        except FileNotFoundError:
            return


ACTION_KINDS = (
    ActionKind(
        Relink,
        relink,
        undo=files_back_unless_issued,
        changes=lambda action: {("lineage", action.lineage): ""},
        writes=lambda action: (link.path for link in action.links),
    ),
    ActionKind(SelfSign, self_sign, replaces=lambda action: (action.cert_file, action.key_file)),
)
