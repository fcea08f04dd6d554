"""Secrets put into a file's next text right before it is written, from where they are kept."""

from __future__ import annotations

from dataclasses import replace

from wizard.door import Door
from wizard.host.dqs import read_dqs_key
from wizard.plan.model import Key, NewFile
from wizard.run.files import read, sha256
from wizard.run.states import AGAIN, Stale
from wizard.secrets import keys_in, opened


def open_file(file: NewFile) -> NewFile:
    """Return the file with its secrets in their places; one without any as it is.

    Raises Stale where a secret is no longer the one that the plan was made with.
    """
    if not file.keys:
        return file
    text = opened(file.text, secrets_of(file))
    if sha256(text) != file.opened:
        raise Stale(f"opening the text of {file.path}", "stale: it is another text", AGAIN)
    return replace(file, text=text, keys=(), opened="")


def secrets_of(file: NewFile) -> dict[str, str]:
    """Return a file's secrets by their marks. Raises Stale, and never tells a secret."""
    return {one.mark: _found(one, file.path) for one in file.keys}


def _found(key: Key, path: str) -> str:
    doing = f"reading the key in {key.path}"
    if key.path == path:
        held = read(path)
        kept = keys_in(held.text) if held else ()
    else:
        told = read_dqs_key(Door(), key.path)
        if told.problem:
            raise Stale(doing, told.problem, AGAIN)
        kept = (told.key,)
    for one in kept:
        if sha256(one.encode("ascii")) == key.sha256:
            return one
    raise Stale(doing, "stale: it is not the key that the plan was made with", AGAIN)
