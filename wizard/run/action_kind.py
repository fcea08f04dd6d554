"""The interface of an action: one record of functions for each class of `wizard.plan.model.Action`.

Each field except the first two has a default that adds nothing. The engines (worker, undo, status,
the list of runs) look into `ACTION_KINDS` of `wizard.run.actions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.run.context import Executor
from wizard.run.files_back import files_back
from wizard.run.past_step import Back, PastStep

Thing = tuple[str, ...]
"""Something that `status` follows from run to run: its kind, then its name.

("path", PATH), ("table", PATH), ("lineage", NAME), ("at boot", UNIT), ("unit", UNIT) or
("service", ZONE, SERVICE).
"""


def _nothing(_action: Any) -> Mapping[Thing, str]:
    return {}


@dataclass(frozen=True)
class ActionKind:
    """All that the engines know of one kind of action.

    - `data`: its class. `execute`: does it, in the worker, and returns what undo needs.
    - `undo`: the steps that undo it, each with its place. `undo_unbegun`: True if `undo` is also
      called for a step that did not begin.
    - `changes`: what it changes, each thing with its state from then on, "" if only the journal
      has that. Paths that it journals as `files` need not be among them.
    """

    data: type
    execute: Executor
    undo: Callable[[PastStep], Iterator[Back]] = files_back
    undo_unbegun: bool = False
    changes: Callable[[Any], Mapping[Thing, str]] = _nothing
