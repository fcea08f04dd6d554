"""Store the tree of a gather run: first under a temporary name, and under its own when complete.

Each certificate lineage in it is validated before.

gathered/.SOURCE-RANDOM    in progress; that of a killed worker is removed
gathered/SOURCE            complete, with its note
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from wizard.certificates.chains import Verify, chain_problem, is_trusted
from wizard.certificates.dates import day
from wizard.certificates.lineage import name_problem, read_lineages
from wizard.certificates.model import Lineage
from wizard.certificates.modes import EXECUTE_BITS
from wizard.door import Door
from wizard.host.gathered import NOTE, Note, note_to_bytes, walk
from wizard.paths import LETSENCRYPT
from wizard.run.context import Context
from wizard.run.directories import explained, make_private
from wizard.run.files import replace
from wizard.run.paths import RunPlaces
from wizard.run.relabel import restore_labels


def begin(run: RunPlaces, source: str) -> Path:
    """Return a new private directory to gather in. Remove those of earlier attempts."""
    make_private(run.gathered)
    sweep(run, source)
    directory = run.gathered / f".{source}-{secrets.token_hex(8)}"
    make_private(directory / LETSENCRYPT.strip("/").partition("/")[0])
    return directory


def sweep(run: RunPlaces, source: str) -> None:
    """Remove the directories of attempts to gather from a source that never ended."""
    for remnant in run.gathered.glob(f".{source}-*"):
        # A child of a killed worker may still write there. The next call removes the rest.
        shutil.rmtree(remnant, ignore_errors=True)


def keep(run: RunPlaces, source: str, directory: Path, note: Note) -> Path:
    """Give a complete tree its name, in place of an older one, and return its path.

    Only root can read it. The modes only tell which files can be run, which a plan needs. Raises
    Trouble.
    """
    doing = f"keeping what was gathered from {note.origin}"
    final = run.gathered / source
    with explained(doing, directory):
        for here, inner, names in os.walk(directory):
            for name in (*inner, *names):
                _close(Path(here, name))
    replace(str(directory / NOTE), note_to_bytes(note), None, mode=0o600)
    # certbot and shutil copy labels with their files, but here the tree gets those of its own path.
    restore_labels((str(directory),), lambda path: f"{final}{path[len(str(directory)) :]}")
    with explained(doing, final):
        if final.exists():
            final.rename(run.gathered / f".{source}-{secrets.token_hex(8)}")
        directory.rename(final)
    sweep(run, source)
    return final


def _close(path: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        path.chmod(0o700)
    elif stat.S_ISREG(mode):
        path.chmod(0o700 if mode & EXECUTE_BITS else 0o600)


def judge(origin: str, directory: Path, said: Iterable[str], context: Context) -> Note:
    """Validate each lineage of a tree, report it in the step's output, and return the note.

    `origin` names the source. `said` are remarks that the note gets first.
    """
    tree = Door(directory)
    aside = context.staging() / "above.pem"
    chains: dict[str, str] = {}
    remarks = list(said)
    for lineage in read_lineages(tree):
        pem = _fullchain(tree, lineage)
        wrong = lineage.problem
        if pem and not wrong:
            wrong = chain_problem(pem, _verifier(context), aside)
            if wrong:
                chains[lineage.name] = wrong
            elif not is_trusted(pem, _verifier(context), aside):
                remarks.append(
                    f"lineage {lineage.name} of {origin} comes from an authority that this host "
                    "does not trust"
                )
        context.say(f"{lineage.name}: {_words(lineage, wrong)}")
    for one in (*remarks, *walk(tree)[1]):
        context.say(one)
    return Note(origin, int(time.time()), chains, tuple(remarks))


def _fullchain(tree: Door, lineage: Lineage) -> bytes:
    if lineage.number is None or name_problem(lineage.name):
        return b""
    path = f"{LETSENCRYPT}/archive/{lineage.name}/fullchain{lineage.number}.pem"
    return tree.read_bytes(path) or b""


def _words(lineage: Lineage, wrong: str) -> str:
    if wrong:
        return f"CANNOT BE USED: {wrong}"
    now = time.time()
    date = day(lineage.not_after)
    if lineage.not_after <= now:
        return f"CANNOT BE USED: it expired on {date}"
    return f"whole, number {lineage.number}, until {date}, for {', '.join(lineage.names[:5])}"


def _verifier(context: Context) -> Verify:
    def verify(argv: Sequence[str], data: bytes) -> str:
        done = context.query(*argv, stdin=data)
        if done.status == 0:
            return ""
        return " ".join(done.said) or done.ended

    return verify
