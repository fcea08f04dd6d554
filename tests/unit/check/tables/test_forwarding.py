"""Mail that leads to other servers: aliases, .forward files and virtual aliases."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

import pytest

from wizard.check.tables import forwarding
from wizard.check.tables.forwarding import judge_forwarding
from wizard.door import Door, Outcome
from wizard.finding import WARNING
from wizard.postfix.settings import Settings

OWN = {"alias_maps": "hash:/etc/aliases", "mydestination": "zeke.ne.jp, hash:/etc/postfix/more"}


class Host(Door):
    """A root with aliases, and a postmap that knows one local domain and one virtual alias."""

    def run(
        self, argv: Sequence[str], *, timeout: float = 1.0, data: Optional[bytes] = None
    ) -> Optional[Outcome]:
        del timeout
        if "-s" in argv:
            return Outcome(
                0, b"info@zeke.ne.jp\tx@other.example, taro\n@old.example\t@new.example\n", b""
            )
        found = b"more.example\tx\n" if data and b"more.example" in data else b""
        return Outcome(0 if found else 1, found, b"")


def judged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    forwards: Sequence[tuple[str, str]] = (),
    **own: str,
) -> str:
    monkeypatch.setattr(forwarding, "forwarded", lambda _names: iter(forwards))
    (tmp_path / "etc/postfix").mkdir(parents=True, exist_ok=True)
    (tmp_path / "etc/aliases").write_text(text)
    (tmp_path / "etc/postfix/virtual.db").write_text("")
    found = list(judge_forwarding(Host(tmp_path), Settings({**OWN, **own})))
    assert all(
        (one.id, one.verdict, one.fatal) == ("aliases.forwarding", WARNING, False) for one in found
    )
    return "".join(one.seen for one in found)


def test_a_domain_in_a_file_below_another_or_with_a_remark_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc/postfix").mkdir(parents=True)
    (tmp_path / "etc/postfix/domains").write_text("# ours\nzeke.ne.jp, other.jp\n")
    own = {
        "mydestination": "/etc/postfix/domains",
        "relay_domains": "relay.example",
        "parent_domain_matches_subdomains": "relay_domains",
    }
    ours = 'x@ZEKE.ne.jp., y@other.jp (at work), z@sub.relay.example, "a b"@zeke.ne.jp'
    assert judged(tmp_path, monkeypatch, f"info: {ours}\n", (), **own) == ""
    own["mydestination"] = "!other.jp, /etc/postfix/domains"
    assert "info to y@other.jp" in judged(tmp_path, monkeypatch, f"info: {ours}\n", (), **own)
    # Where a list cannot be read, nothing is claimed.
    own["mydestination"] = "/etc/postfix/gone"
    assert judged(tmp_path, monkeypatch, f"info: {ours}\n", (), **own) == ""


def test_each_kind_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(tmp_path, monkeypatch, "root: taro@zeke.ne.jp, x@more.example\n") == ""
    seen = judged(tmp_path, monkeypatch, "root: boss@other.example\n")
    assert seen.startswith("root to boss@other.example: mail that is sent on keeps its sender")
    forwards = [("/home/taro/.forward", "taro@other.example"), ("/home/hana/.forward", "hana")]
    seen = judged(tmp_path, monkeypatch, "", forwards)
    assert seen.startswith("/home/taro/.forward to taro@other.example: ")
    seen = judged(tmp_path, monkeypatch, "", virtual_alias_maps="hash:/etc/postfix/virtual")
    assert seen.startswith("info@zeke.ne.jp to x@other.example, @old.example to @new.example: ")
    # Another file of aliases is somebody else's.
    assert judged(tmp_path, monkeypatch, "root: boss@other.example\n", alias_maps="") == ""
