"""`postfix-wizard export ansible DIR`: today's answers as files for Ansible."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from wizard.commands.answers import todays_answers
from wizard.commands.console import Console
from wizard.commands.planning import Options
from wizard.errors import Trouble
from wizard.export.ansible import files, not_carried
from wizard.secrets import masked
from wizard.session import Session

_DOING = "exporting this host for Ansible"


def run_export(session: Session, options: Options, console: Console) -> int:
    """Write the files into a directory that is empty or does not exist yet, and return 0.

    If answers do not express all of the host, list what they do not and return 1, without a file.
    With `options.partial` the files are written all the same. Raises Trouble.
    """
    answers, unexpressed = todays_answers(session)
    lost = (*unexpressed, *not_carried(answers))
    for one in lost:
        shown = one.value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        console.say(f"Not carried: {one.section}.{one.name} = {masked(shown)}: {one.why}")
    if lost and not options.partial:
        raise Trouble(
            _DOING,
            "the answers do not express all of this host (see above)",
            "No file was written. Add --partial to write what they express.",
        )
    texts = files(answers, lost)
    _write(options.directory, texts)
    console.say(*(str(options.directory / name) for name in texts))
    return 0


def _write(directory: Path, texts: Mapping[str, str]) -> None:
    """Write all files or none. Raises Trouble, also if the directory has files."""
    try:
        with os.scandir(directory) as entries:
            has_files = any(entries)
    except FileNotFoundError:
        has_files = False
    except OSError as error:
        raise _trouble(directory, error) from error
    if has_files:
        raise Trouble(
            _DOING,
            f"{directory} has files already",
            "Name a new directory. Then compare the two with `diff -r`.",
        )
    target = Path(os.path.abspath(directory))  # noqa: PTH100 - a link stays one
    made = ""
    try:
        made = tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent)
        Path(made).chmod(0o755)
        for name, text in texts.items():
            path = Path(made, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        Path(made).rename(target)
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        raise _trouble(directory, error) from error


def _trouble(directory: Path, error: OSError) -> Trouble:
    wrong = f"{directory}: {error.strerror or error}"
    return Trouble(_DOING, wrong, "Name a directory that can be written to. Nothing was written.")
