"""Whether the resolver answers, and invents no names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from wizard.check.dns.resolver import NO_SUCH_NAME, begin_resolver, judge_resolver
from wizard.dns.asking import FAILED, FOUND, NO_NAME, SILENT, Answer, Question
from wizard.finding import RIGHT, WARNING, WRONG
from wizard.host.facts import Network


@pytest.mark.parametrize(
    ("state", "verdict", "word"),
    [
        (NO_NAME, RIGHT, ""),
        (FOUND, WRONG, "blocklists list everybody"),
        (SILENT, WRONG, "450"),
        (FAILED, WRONG, "450"),
    ],
)
def test_the_resolver(state: str, verdict: str, word: str) -> None:
    answer = Answer(Question(NO_SUCH_NAME, "A"), state, why="no answer in time")
    found = judge_resolver([answer], ("127.0.0.1",))
    assert (found.id, found.verdict, found.fatal) == ("dns.resolver", verdict, False)
    assert word in found.advice


@pytest.mark.parametrize("dead", [0, 1])
@pytest.mark.parametrize("state", [SILENT, FAILED])
def test_a_dead_resolver_beside_a_living_one_is_a_warning(dead: int, state: str) -> None:
    question = Question(NO_SUCH_NAME, "A")
    answers = [Answer(question, NO_NAME), Answer(question, NO_NAME)]
    answers[dead] = Answer(question, state, why="no answer in time")
    found = judge_resolver(answers, ("192.0.2.1", "192.0.2.2"))
    assert found.verdict == WARNING
    assert found.seen == f"192.0.2.{dead + 1} does not answer: no answer in time"


def test_without_a_resolver_that_is_said() -> None:
    with ThreadPoolExecutor(1) as pool:
        (found,) = begin_resolver(Network(), pool)()
    assert (found.verdict, found.seen) == (WRONG, "none: /etc/resolv.conf names no resolver")


def test_without_a_network_the_resolver_is_not_asked() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert list(begin_resolver(None, pool)()) == []
