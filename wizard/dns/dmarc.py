"""Read a DMARC record (RFC 7489, section 6.3)."""

from __future__ import annotations

import re

POLICIES = ("none", "quarantine", "reject")

_VERSION = re.compile(r"v\s*=\s*DMARC1\s*(?:;|$)")
_URI = re.compile(r"\s*mailto:[^\s@,!]+@[^\s@,!]+(?:![0-9]+[kmgt]?)?\s*", re.IGNORECASE)
_PERCENT = re.compile(r"100|[0-9]{1,2}")


def is_dmarc(text: str) -> bool:
    """True if receivers take a TXT record for one of DMARC: the version comes first, so written."""
    return _VERSION.match(text) is not None


def tags_of(text: str) -> dict[str, str]:
    """Return the tags of a record by their names in lower case; the first one counts."""
    pairs = [part.partition("=") for part in text.split(";")]
    return {name.strip().lower(): value.strip() for name, _, value in reversed(pairs)}


def readers(text: str) -> tuple[str, ...]:
    """Return the domains of those that read the reports of a record, in lower case."""
    tags = tags_of(text)
    uris = [uri for name in ("rua", "ruf") for uri in tags.get(name, "").split(",")]
    domains = (uri.rpartition("@")[2].partition("!")[0].strip().lower() for uri in uris)
    return tuple(dict.fromkeys(one.rstrip(".") for one in domains if one))


def fault(text: str) -> str:
    """Return what receivers do not understand of a record, "" if it is whole."""
    tags: dict[str, str] = {}
    for part in filter(str.strip, text.split(";")):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not equals or name in tags:
            return f"{part.strip()}: it is there twice" if equals else f"{part.strip()} is no tag"
        tags[name] = value.strip()
    for name, choices in (
        ("p", POLICIES),
        ("sp", POLICIES),
        ("adkim", ("r", "s")),
        ("aspf", ("r", "s")),
    ):
        if name in tags and tags[name].lower() not in choices:
            return f"{name}={tags[name]}, not one of {', '.join(choices)}"
    if "p" not in tags:
        return "it has no p="
    if not _PERCENT.fullmatch(tags.get("pct", "100")):
        return f"pct={tags['pct']} is no percentage"
    for name in ("rua", "ruf"):
        if name in tags and not all(_URI.fullmatch(one) for one in tags[name].split(",")):
            return f"{name}={tags[name]} is no list of mailto: addresses"
    return ""


def addresses(text: str) -> tuple[str, ...]:
    """Return the addresses that get reports (rua and ruf), without their limits of size."""
    tags = tags_of(text)
    listed = (one for name in ("rua", "ruf") for one in tags.get(name, "").split(","))
    uris = (one.strip().partition("!")[0] for one in listed)
    mail = (one[len("mailto:") :] for one in uris if one.lower().startswith("mailto:"))
    return tuple(dict.fromkeys(one for one in mail if "@" in one))
