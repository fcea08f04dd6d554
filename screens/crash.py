"""Report a defect: one sentence for the operator, a file for the maintainers.

The file has neither values nor the error's message, since either may contain a typed secret.
"""

from __future__ import annotations

import os
import platform
import secrets
import sys
import traceback
from typing import Iterator

from wizard import __version__
from wizard.caller import temporary_directories


def report_crash(error: BaseException) -> str:
    """Write the report (0600, in a safe directory) and return the sentence to print."""
    said = f"postfix-wizard came to an unforeseen end ({type(error).__name__})."
    unchanged = (
        "Nothing was changed by the screens; a run in progress goes on: `postfix-wizard attach`."
    )
    path, wrong = "", "no directory is safe from other users"
    for directory in temporary_directories(os.geteuid()):
        try:
            path = _write(directory, error)
            break
        except OSError as trouble:
            wrong = trouble.strerror or str(trouble)
    if not path:
        return f"{said} {unchanged} No report could be written ({wrong})."
    return f"{said} {unchanged} Please report it with the file {path}."


def _write(directory: str, error: BaseException) -> str:
    """Write the report into a directory, whole or not at all, and return its path."""
    path = f"{directory}/postfix-wizard-{secrets.token_hex(8)}.txt"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(f"{line}\n" for line in _lines(error))
    except OSError:
        os.unlink(path)  # noqa: PTH108 (a string)
        raise
    return path


def _lines(error: BaseException) -> Iterator[str]:
    yield f"postfix-wizard {__version__}, Python {platform.python_version()}, {sys.platform}"
    seen: set[int] = set()
    cause = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield f"{type(cause).__module__}.{type(cause).__qualname__}"
        for frame in traceback.extract_tb(cause.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
