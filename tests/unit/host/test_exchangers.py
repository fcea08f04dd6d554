"""Mail exchangers of a new local domain that are other hosts, and the caution that they raise."""

from __future__ import annotations

from dataclasses import replace
from typing import Collection, Sequence

import pytest

from tests.factories import FRESH, ZEKE
from wizard.dns.asking import FOUND, SILENT, Answer, Question
from wizard.host import exchangers
from wizard.planning.build import build_plan

RECORDS = {
    ("zeke.ne.jp", "MX"): ("10 mail.zeke.ne.jp", "20 mx2.zeke.ne.jp"),
    ("ace.zeke.ne.jp", "MX"): ("10 Alias.zeke.ne.jp",),
    ("cafe.zeke.ne.jp", "MX"): ("10 gone.zeke.ne.jp",),
    ("null.zeke.ne.jp", "MX"): ("0 .",),
    ("nat.zeke.ne.jp", "MX"): ("10 nat-alias.zeke.ne.jp",),
    ("mail.zeke.ne.jp", "A"): ("192.0.2.99",),
    ("nat-alias.zeke.ne.jp", "A"): ("192.0.2.99",),
    ("mx2.zeke.ne.jp", "A"): ("198.51.100.25",),
    ("alias.zeke.ne.jp", "AAAA"): ("2001:db8::1",),
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(
        questions: Collection[Question], resolvers: Sequence[str], *, seconds: float
    ) -> dict[Question, Answer]:
        assert seconds > 0
        found = {one: RECORDS.get((one.name, one.kind), ()) for one in questions}
        is_silent = not resolvers
        return {
            one: Answer(one, SILENT) if is_silent else Answer(one, FOUND, those)
            for one, those in found.items()
        }

    monkeypatch.setattr(exchangers, "ask_within", ask)


def others(
    domain: str, *addresses: str, names: Sequence[str] = (), resolver: str = "x"
) -> tuple[str, ...]:
    resolvers = [resolver] if resolver else []
    found = exchangers.other_exchangers([domain], "mail.zeke.ne.jp", names, addresses, resolvers)
    return found.get(domain, ())


@pytest.mark.usefixtures("world")
def test_another_host_is_found_by_its_address() -> None:
    assert others("zeke.ne.jp") == ("mx2.zeke.ne.jp",)
    assert others("zeke.ne.jp", names=["mx2.zeke.ne.jp"]) == ()
    assert others("zeke.ne.jp", "198.51.100.25") == ()
    assert others("ace.zeke.ne.jp") == ("alias.zeke.ne.jp",)
    assert others("ace.zeke.ne.jp", "2001:db8::1") == ()


@pytest.mark.usefixtures("world")
def test_what_is_not_known_or_leads_nowhere_is_no_other_host() -> None:
    assert others("cafe.zeke.ne.jp") == ()
    assert others("null.zeke.ne.jp") == ()
    assert others("nat.zeke.ne.jp") == ()
    assert others("zeke.ne.jp", resolver="") == ()


def test_the_plan_has_a_caution_that_names_the_host() -> None:
    host = replace(FRESH, split={"zeke.ne.jp": ("mx2.zeke.ne.jp",)})
    (caution,) = (one for one in build_plan(ZEKE, host).cautions if one.name == "mx-elsewhere")
    assert caution.values == ("mx2.zeke.ne.jp",)
    assert "zeke.ne.jp (mx2.zeke.ne.jp)" in caution.message
    assert build_plan(ZEKE, host, ("limits",)).cautions == ()
    assert all(one.name != "mx-elsewhere" for one in build_plan(ZEKE, FRESH).cautions)
