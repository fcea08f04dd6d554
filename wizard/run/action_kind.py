"""The interface of an action: one record of functions for each class of `wizard.plan.model.Action`.

Each field except the first two has a default that adds nothing. The engines (worker, undo, status,
the list of runs) look into `ACTION_KINDS` of `wizard.run.actions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wizard.run.past_step import Back, PastStep, RunToUndo, files_back

if TYPE_CHECKING:
    from wizard.run.context import Executor

Thing = tuple[str, ...]
"""Something that `status` follows from run to run: its kind, then its name.

("path", PATH), ("table", PATH), ("lineage", NAME), ("at boot", UNIT), ("unit", UNIT) or
("service", ZONE, SERVICE).
"""
Changes = Callable[[Any], Mapping[Thing, str]]


@dataclass(frozen=True)
class ActionKind:
    """All that the engines know of one kind of action.

    - `data`: its class. `execute`: does it, in the worker, and returns what undo needs.
    - `undo`: the steps that undo it, each with its place. `undo_unbegun`: True if `undo` is also
      called for a step that did not begin.
    - `changes`: what it changes, each thing with its state from then on, "" if only the journal
      has that. Paths that it journals as `files` need not be among them.
    - `stays`: a sentence for each thing that such actions made and that undo does not take away.
    - `replaces`: the files that it replaces. Each must be a plain file with one name. `writes`: the
      other files and links that it writes. `others_write`: what dnf, systemd, alternatives and
      firewalld write for it. `obstacles`: why it would fail on this host, apart from these paths.
    - `returns`: True if Postfix refuses the new files where it fails. The run then returns.
      `reads_files`: True if a program reads its files in it. A return does it again after a file
      that is put back late. `waits_itself`: True if it waits for other programs' packages itself.
    """

    data: type
    execute: Executor
    undo: Callable[[PastStep], Iterator[Back]] = files_back
    undo_unbegun: bool = False
    changes: Changes = lambda _: {}
    stays: Callable[[RunToUndo], Iterable[str]] = lambda _: ()
    replaces: Callable[[Any], Iterable[str]] = lambda _: ()
    writes: Callable[[Any], Iterable[str]] = lambda _: ()
    others_write: Callable[[Any], Iterable[str]] = lambda _: ()
    obstacles: Callable[[Any], Iterable[str]] = lambda _: ()
    returns: bool = False
    reads_files: bool = False
    waits_itself: bool = False
