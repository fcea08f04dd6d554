"""Functions that return the value of a parameter of main.cf from the answers (postconf(5))."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.answers.model import Answers
from wizard.answers.unsaid import Unsaid, UnsaidText
from wizard.paths import LINEAGES


def answer(section: str, name: str) -> Callable[[Answers], str]:
    """Return a function for the answer of one field."""
    return lambda answers: _as_value(getattr(getattr(answers, section), name))


def unsaid_only(found: Any) -> str:
    """Return an unsaid value, "" for a list, whose value are its items."""
    return _as_value(found) if isinstance(found, Unsaid) else ""


def _as_value(found: Any) -> str:
    """Return an answer in main.cf's form, "" for none; an unsaid value remains unsaid."""
    if isinstance(found, Unsaid):
        return UnsaidText(found.live)
    return "" if found is None else str(found)


def always(value: str) -> Callable[[Answers], str]:
    """Return a function for a value that no answer decides."""
    return lambda _: value


def interfaces(answers: Answers) -> tuple[str, ...]:
    """Split a text at commas and plain blanks; other blanks are refused when it is written."""
    return tuple(filter(None, answers.networks.inet_interfaces.replace(",", " ").split(" ")))


def certificate(lineage_file: str, self_signed: str, own: str) -> Callable[[Answers], str]:
    """Return a function for the path of a file of the certificate, by its source.

    The function raises ValueError for a name that is not the name of a lineage.
    """

    def value(answers: Answers) -> str:
        if isinstance(answers.certificate.source, Unsaid):
            return answers.certificate.source
        if answers.certificate.source == "files":
            return _as_value(getattr(answers.certificate, own))
        if answers.certificate.source == "self-signed":
            return self_signed
        name = answers.certificate.name
        if isinstance(name, Unsaid):
            return name
        if not name or name.startswith(".") or "/" in name:
            raise ValueError(f"not the name of a lineage: {name!r}")
        return f"{LINEAGES}/{name}/{lineage_file}"

    return value


def hardened(value: str) -> Callable[[Answers], str]:
    """Return a function for a value that is written only with hardening."""
    return lambda answers: value if answers.hardening.use == "on" else ""
