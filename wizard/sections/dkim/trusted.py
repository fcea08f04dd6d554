"""mynetworks of Postfix as opendkim writes it, so that both trust the same hosts."""

from __future__ import annotations

from wizard.answers.model import Answers
from wizard.host.main_cf import words
from wizard.plan.part import Request
from wizard.postfix.meaning import Own
from wizard.postfix.parameters import NETWORKS
from wizard.sections.reading import main_cf


def trusted(request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the networks without brackets, and the items that opendkim cannot read.

    If the section networks is planned too, its answers are in force. Items of main.cf that no answer
    expresses, such as `cidr:FILE`, stay in force either way.
    """
    answers = _in_force(request)
    wanted = [one for one in answers.networks.mynetworks if isinstance(one, str)]
    live = words(main_cf(request.host).value("mynetworks") or "")
    others = [one for one in live if not _is_network(one)]
    foreign = [one for one in wanted if one.startswith("!")] + others
    plain = [one.replace("[", "").replace("]", "") for one in wanted if not one.startswith("!")]
    return tuple(dict.fromkeys(plain)), tuple(dict.fromkeys(foreign))


def _in_force(request: Request) -> Answers:
    if "networks" in request.scope or request.current is None:
        return request.answers
    return request.current


def _is_network(item: str) -> bool:
    """True if an answer can express it."""
    from wizard.answers.rules.networks import parse_network  # noqa: PLC0415 - the plan alone

    try:
        parse_network(Own().key(NETWORKS, item))
    except ValueError:
        return False
    return True
