"""mynetworks of Postfix as opendkim writes it, so that both trust the same hosts."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.answers.model import Answers
from wizard.answers.rules.networks import parse_network
from wizard.host.main_cf import own_parameters, words
from wizard.paths import MAIN_CF
from wizard.plan.part import Request
from wizard.postfix.main_cf import MainCf
from wizard.postfix.meaning import Own
from wizard.postfix.parameters import NETWORKS
from wizard.postfix.settings import Settings

_ITEM = "postfix_wizard_item"
"""A name that Postfix has not, for one item of a list."""
Trusted = tuple[tuple[str, ...], tuple[str, ...]]
"""Networks without brackets, and the items that opendkim cannot read."""


def trusted(request: Request) -> Trusted:
    """Return mynetworks as it is in force after the run.

    If the section networks is planned too, its answers are in force. Items of main.cf that no answer
    expresses, such as `cidr:FILE` or `$name`, stay in force either way; names are expanded.
    """
    main = request.host.text(MAIN_CF)
    live = words(MainCf.parse(main).value("mynetworks") or "")
    own = own_parameters(main)
    others = [
        each
        for one in live
        if not _is_network(one)
        for each in Settings({**own, _ITEM: one}).words(_ITEM)
    ]
    return translated((*_in_force(request).networks.mynetworks, *others))


def translated(items: Iterable[str]) -> Trusted:
    """Return the items of mynetworks (postconf(5)) in opendkim's form, each once."""
    plain, foreign = [], []
    for one in items:
        if not _is_network(one):
            foreign.append(one)
        else:
            plain.append(str(parse_network(Own().key(NETWORKS, one))))
    return tuple(dict.fromkeys(plain)), tuple(dict.fromkeys(foreign))


def _in_force(request: Request) -> Answers:
    if "networks" in request.scope or request.current is None:
        return request.answers
    return request.current


def _is_network(item: str) -> bool:
    """True if an answer can express it."""
    try:
        parse_network(Own().key(NETWORKS, item))
    except ValueError:
        return False
    return True
