"""Whether the resolver answers, and invents no names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from wizard.check.dns.resolver import NO_SUCH_NAME, begin_resolver, judge_resolver
from wizard.dns.asking import FAILED, FOUND, NO_NAME, SILENT, Answer, Question
from wizard.finding import RIGHT, WRONG


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
    found = judge_resolver(answer, ("127.0.0.1",))
    assert (found.id, found.verdict, found.fatal) == ("dns.resolver", verdict, False)
    assert word in found.advice


def test_without_a_network_the_resolver_is_not_asked() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert list(begin_resolver(None, pool)()) == []
