"""What is left of a defect: one sentence for the operator, a report file for the maintainers.

A report holds neither values nor an error's own words: either may be a secret that was typed.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from typing import Iterator

from wizard import __version__


def report_crash(error: BaseException) -> str:
    """Write the report (0600, in the temporary directory); return the sentence to print."""
    said = f"postfix-wizard came to an unforeseen end ({type(error).__name__})."
    kept = "Nothing was changed by the screens; a run in progress goes on: `postfix-wizard attach`."
    try:
        descriptor, path = tempfile.mkstemp(prefix="postfix-wizard-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(f"{line}\n" for line in _lines(error))
    except OSError as trouble:
        return f"{said} {kept} No report could be written ({trouble.strerror})."
    return f"{said} {kept} Please report it with the file {path}."


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
