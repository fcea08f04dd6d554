"""Make the text of an SPF record: the published one with what it lacks, or a first one (RFC 7208).

Receivers take two records of a name for none, so an existing record is completed and never doubled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_PREFIX = "v=spf1"
SOFT_END = "~all"
"""The end of a first record: mail that the record does not name is suspect, and is not refused."""


def first(terms: Iterable[str]) -> str:
    """Return a new record of these terms."""
    return " ".join((_PREFIX, *terms, SOFT_END))


def with_terms(record: str, terms: Iterable[str]) -> str:
    """Return a record with the terms that it lacks, before its `all` or redirect.

    A mechanism after `all` counts for nothing, and one after a redirect that has no `all` counts.
    """
    words = record.split()
    present = {word.lstrip("+").lower() for word in words}
    missing = [term for term in terms if term.lower() not in present]
    end = next((at for at, word in enumerate(words) if _is_end(word)), len(words))
    return " ".join((*words[:end], *missing, *words[end:])) if missing else record


def merged(records: Sequence[str]) -> str:
    """Return one record with the terms of several, each once.

    It ends softly, since what one of them refuses another one may permit.
    """
    words = [word for record in records for word in record.split()[1:] if not _is_end(word)]
    return first(dict.fromkeys(words))


def _is_end(word: str) -> bool:
    bare = word.lstrip("+-~?").lower()
    return bare == "all" or bare.startswith("redirect=")
