"""Compare names of domains, which are in lower case and without a final dot."""

from __future__ import annotations


def is_below(name: str, other: str) -> bool:
    """True if a name is below another one, and not the same."""
    return name.endswith(f".{other}")


def is_of_another(name: str, domain: str) -> bool:
    """True if neither name is the other one or below it."""
    return name != domain and not is_below(name, domain) and not is_below(domain, name)
