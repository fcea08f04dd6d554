"""The corpus as hosts: configurations of other hands, below a root directory of their own.

README.md says in a line what each of them stands for.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable

from tests.sections import CASES, change
from wizard.answers.model import Answers, narrowed
from wizard.door import Door
from wizard.host.facts import Host
from wizard.host.read import read_host
from wizard.sections.registry import NEEDS

CORPUS = Path(__file__).parent
NAMES = tuple(sorted(path.parent.name for path in CORPUS.glob("*/main.cf")))

MOVES = {name: case.moves for name, case in CASES.items() if case.moves}
"""The parameters that each section's change may move; the other sections move nothing of Postfix's."""


def files(name: str) -> tuple[bytes, bytes]:
    """Return the main.cf and master.cf of one configuration."""
    own = CORPUS / name / "master.cf"
    master = own if own.exists() else CORPUS / "master.cf"
    return (CORPUS / name / "main.cf").read_bytes(), master.read_bytes()


def host_of(
    name: str, root: Path, release: str = "9.4", door: Callable[[Path], Door] = Door
) -> Host:
    """Return the facts of a copied /etc with this configuration, read through such a door."""
    postfix = root / "etc/postfix"
    shutil.rmtree(root, ignore_errors=True)
    postfix.mkdir(parents=True)
    for file, text in zip(("main.cf", "master.cf"), files(name)):
        (postfix / file).write_bytes(text)
    (root / "etc/os-release").write_text(f'ID=rhel\nVERSION_ID="{release}"\nNAME="Red Hat"\n')
    return read_host(door(root), NEEDS)


def changed(section: str, today: Answers) -> Answers:
    """Return today's answers with one section changed, and no other."""
    return narrowed(change(section, today), today, (section,))
