"""Put secrets into a file's next text right before it is written, from the files that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from wizard.door import Door
from wizard.host.secret_file import DQS_KEY, RELAY_PASSWORD, read_secret
from wizard.plan.files import Key, NewFile
from wizard.run.files import read
from wizard.run.path_state import AGAIN, Stale
from wizard.run.seals import Seals
from wizard.secrets import is_password, keys_in, opened, passwords_in


def open_file(file: NewFile, seals: Seals) -> NewFile:
    """Return the file with its secrets in place of their marks.

    Raises Stale if a secret is not the one that the plan was made with.
    """
    if not file.keys:
        return file
    text = opened(file.text, secrets_of(file.keys, file.path, seals))
    if seals.digest(text) != file.opened:
        raise Stale(f"opening the text of {file.path}", "stale: it is another text", AGAIN)
    return replace(file, text=text, keys=(), opened="")


def open_value(value: str, secrets: Mapping[str, str]) -> str:
    """Return a value with its secrets, by their marks, in place of these."""
    text = opened(value.encode("utf-8", "surrogateescape"), secrets)
    return text.decode("utf-8", "surrogateescape")


def secrets_of(keys: Sequence[Key], path: str, seals: Seals) -> dict[str, str]:
    """Return the secrets of the file at `path` by their marks.

    Raises Stale, which never contains a secret.
    """
    return {one.mark: _found(one, path, seals) for one in keys}


def _found(key: Key, path: str, seals: Seals) -> str:
    what = "password" if is_password(key.mark) else "key"
    doing = f"reading the {what} in {key.path}"
    for one in _stored_secrets(key, path, doing):
        if seals.digest(one.encode("utf-8", "surrogateescape")) == key.sha256:
            return one
    raise Stale(doing, f"stale: it is not the {what} that the plan was made with", AGAIN)


def _stored_secrets(key: Key, path: str, doing: str) -> tuple[str, ...]:
    """Return the secrets that are at `key.path`. The file at `path` itself may have several."""
    if key.path == path:
        file = read(path)
        among = passwords_in if is_password(key.mark) else keys_in
        return among(file.text) if file else ()
    kind = RELAY_PASSWORD if is_password(key.mark) else DQS_KEY
    secret = read_secret(Door(), key.path, kind)
    if secret.problem:
        raise Stale(doing, secret.problem, AGAIN)
    return (secret.text,)
