"""Let Postfix itself read the next main.cf and master.cf before anything is replaced.

postconf(1) exits 0 on a misspelt parameter and names it only on standard error. So any new message
there is an error. `-n`, `-M` and `-P` each read another part of the two files.
"""

from __future__ import annotations

import os
from pathlib import Path

from wizard.errors import Trouble
from wizard.plan.actions import StagedCheck
from wizard.plan.files import NewFile
from wizard.postfix.complaints import complaints
from wizard.run.action_kind import ActionKind
from wizard.run.commands import Completed
from wizard.run.context import Context, Undo, listed
from wizard.run.files import read, replace
from wizard.run.unseal import open_file, open_value, secrets_of
from wizard.text import counted

_TOGETHER = ("main.cf", "master.cf")
_DOING = "reading the new configuration with postconf"


def check(action: StagedCheck, context: Context) -> Undo:
    """Stage the files, let postconf read them, and compare the result with the plan."""
    for file in action.files:
        context.require_before(context.observe(file.path), file.before, _DOING)
    staged = stage(action.files, context)
    live = os.path.dirname(action.files[0].path)  # noqa: PTH120 (a string of the host's)
    read_as: dict[str, str] = {}
    for reading, parsed in _PARSED.items():
        argv = ("postconf", "-c", str(staged), reading)
        done = context.query(*argv)
        _refuse_complaints(done, action, (str(staged), live))
        read_as |= parsed(done.out)
    keys = {
        mark: key
        for file in action.files
        for mark, key in secrets_of(file.keys, file.path, context.seals).items()
    }
    expected = [(name, open_value(value, keys)) for name, value in action.expected]
    wrong = [
        f"{name} reads as {read_as.get(name, '(nothing)')!r}, expected {value!r}"
        for name, value in expected
        if read_as.get(name) != value
    ]
    if wrong:
        raise Trouble(_DOING, "; ".join(wrong), "Report this; nothing was replaced.")
    context.say(
        f"postconf reads the new files as planned ({counted(len(action.expected), 'parameter')})."
    )
    return {}


def stage(files: tuple[NewFile, ...], context: Context) -> Path:
    """Write the files, always both main.cf and master.cf, into the step's private directory.

    They get the time that the replaced files will have: a main.cf of the last second or so makes
    every Postfix program wait until it is older (mail_conf in Postfix's source).
    """
    directory = context.staging()
    texts = {os.path.basename(file.path): open_file(file, context.seals).text for file in files}  # noqa: PTH119
    beside = os.path.dirname(files[0].path)  # noqa: PTH120
    for name in _TOGETHER:
        live = None if name in texts else read(f"{beside}/{name}")
        if live is not None:
            texts[name] = live.text
    for name, text in texts.items():
        path = str(directory / name)
        replace(path, text, read(path), mode=0o600, mtime_ns=context.stamp_ns)
    return directory


def _refuse_complaints(done: Completed, action: StagedCheck, moved: tuple[str, str]) -> None:
    lines = done.err.decode("utf-8", "surrogateescape").splitlines()
    new = complaints(lines, action.tolerated, moved)
    if done.status != 0 or new:
        raise Trouble(
            _DOING,
            "; ".join(new[:5]) or listed(done.argv, done),
            "Nothing was replaced. Set right what it names, then make the plan again.",
        )


def parameters(out: bytes) -> dict[str, str]:
    """Return what `postconf -n` and `-P` print, `name = value` a line, by name."""
    text = out.decode("utf-8", "surrogateescape")
    pairs = (line.partition(" =") for line in text.splitlines())
    return {name: value.strip() for name, equals, value in pairs if equals}


def services(out: bytes) -> dict[str, str]:
    """Return what `postconf -M` prints, a service entry a line, by `name/type`."""
    entries = (line.split() for line in out.decode("utf-8", "surrogateescape").splitlines())
    return {"/".join(words[:2]): " ".join(words) for words in entries if words}


_PARSED = {"-n": parameters, "-M": services, "-P": parameters}
"""The options of postconf and their parsers: main.cf, master.cf's entries, their parameters."""


ACTION_KINDS = (ActionKind(StagedCheck, check, returns=True),)
