"""One field of the answers, with all that a form, the answers file and main.cf need.

A section's dataclass (`wizard.answers.sections`) makes its fields with `text`, `items`, `number` and
`choice`; `wizard.answers.fields` has them all as a table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional, Protocol, runtime_checkable

TLS = "tls"
SASL = "sasl"
ABUSE = "abuse"
PERFORMANCE = "performance"
"""The blocks of main.cf that parameters are listed in (`wizard.postfix.parameters`)."""

BYTES = "bytes"
"""The unit of a number that a form takes as a size, too: 50M."""

FIELD = "field"
"""The key of a dataclass field's metadata."""


@dataclass(frozen=True)
class Written:
    """How a field is written to main.cf, as the parameter of the same name (postconf(5)).

    `why` is the reason for the operator. `block` is its block in main.cf, "" for none. A change needs
    a reload, or a restart if `restart` is True. With `examples` False, examples in the file are never
    uncommented.
    """

    why: str
    block: str = ""
    restart: bool = False
    examples: bool = True


@dataclass(frozen=True)
class Field:
    """One field. `kind` is text, list (one item a line), number or choice.

    `becomes` names the parameter or other result; `help` is a sentence for the form. `rule` is the
    name of the function in `wizard.answers.fields.RULES` that validates one item. A number is between
    `lowest` and `highest`; an `optional` one may be None, so that its parameter is not set. `unset`
    is Postfix's default, None if no answer can express it. No file of the host expresses a
    `saved_only` field, so its value comes from the saved answers. A `unique` list has no item twice.
    `says` has a sentence for each of `choices`. `unit` is `bytes` for a number that may be typed as
    a size.
    """

    section: str
    name: str
    kind: str
    label: str
    help: str
    becomes: str = ""
    rule: str = ""
    choices: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    unit: str = ""
    lowest: int = 0
    highest: int = 2**31 - 1
    required: bool = False
    optional: bool = False
    unset: Optional[str] = None
    saved_only: bool = False
    unique: bool = False
    main_cf: Optional[Written] = None


@runtime_checkable
class HasRules(Protocol):
    """A section's answers with rules between their fields."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the message of each broken rule."""


def text(label: str, help: str, default: Any = dataclasses.MISSING, **more: Any) -> Any:  # noqa: A002
    """Return a field with one text; `more` are members of Field."""
    return _field("text", label, help, default, more)


def items(label: str, help: str, default: tuple[str, ...] = (), **more: Any) -> Any:  # noqa: A002
    """Return a field with several texts, one a line."""
    return _field("list", label, help, default, more)


def choice(label: str, help: str, default: str, **more: Any) -> Any:  # noqa: A002
    """Return a field with one of `choices`."""
    return _field("choice", label, help, default, more)


def number(label: str, help: str, default: Optional[int], **more: Any) -> Any:  # noqa: A002
    """Return a field with a whole number; None by default leaves its parameter unset."""
    return _field("number", label, help, default, {**more, "optional": default is None})


def _field(kind: str, label: str, sentence: str, default: Any, more: dict[str, Any]) -> Any:
    made = Field("", "", kind, label, sentence, **{"becomes": None, **more})
    return dataclasses.field(default=default, metadata={FIELD: made})


def named(section: str, field: dataclasses.Field[Any]) -> Field:
    """Return the Field in the metadata of a dataclass's field, with its section and name."""
    made: Field = field.metadata[FIELD]
    becomes = field.name if made.becomes is None else made.becomes
    return dataclasses.replace(made, section=section, name=field.name, becomes=becomes)
