"""Domains of others that aliases, .forward files, tables and relays name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wizard.check.dns import named
from wizard.dns.asking import FOUND, NO_NAME, SILENT, Answer
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.host.facts import Network
from wizard.postfix.settings import Settings

OWN = {
    "alias_maps": "hash:/etc/aliases",
    "mydestination": "here.example",
    "myorigin": "here.example",
}


def judged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    aliases: str = "",
    state: str = NO_NAME,
    **own: str,
) -> list[Finding]:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/aliases").write_text(aliases)
    monkeypatch.setattr(named, "people_of", lambda _: ())
    monkeypatch.setattr(
        named,
        "ask_within",
        lambda asked, *_, **__: {
            one: Answer(one, state if "gone" in one.name else FOUND) for one in asked
        },
    )
    with ThreadPoolExecutor(1) as pool:
        return list(named.begin_named(Door(tmp_path), Settings({**OWN, **own}), Network(), pool)())


@pytest.mark.parametrize(
    ("aliases", "own", "verdict"),
    [
        ("root: admin@gone.example\n", {}, WRONG),
        ("root: admin@there.example, x@Gone.example\n", {}, WRONG),
        ("root: admin@gone.example\n", {"relayhost": "[smart.example]"}, WARNING),
        ("root: admin@there.example\n", {}, RIGHT),
        ("root: taro\n", {"smtp_fallback_relay": "[backup.gone.example]:587"}, WARNING),
    ],
)
def test_a_domain_that_is_gone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    aliases: str,
    own: dict[str, str],
    verdict: str,
) -> None:
    (found,) = judged(tmp_path, monkeypatch, aliases, **own)
    assert (found.id, found.verdict) == ("domains.named", verdict)


@pytest.mark.parametrize(
    ("aliases", "own"),
    [
        ('root: taro\nlist: |"/bin/x a@gone.example"\nfile: /var/a@gone.example\n', {}),
        ("root: taro@here.example, x@localhost\n", {}),
        ("root: a@gone.example\n", {"alias_maps": "hash:/etc/postfix/aliases"}),
        ("root: a@gone.example\n", {"virtual_alias_domains": "gone.example"}),
    ],
)
def test_no_domain_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aliases: str, own: dict[str, str]
) -> None:
    assert judged(tmp_path, monkeypatch, aliases, **own) == []


def test_a_resolver_that_is_silent_says_nothing_of_a_domain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = judged(tmp_path, monkeypatch, "root: a@gone.example\n", state=SILENT)
    assert found.verdict == UNKNOWN
