"""The keys of the certificates."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wizard.check.certificates.key_files import judge_key
from wizard.door import Door
from wizard.finding import RIGHT, WARNING
from wizard.postfix.settings import Settings


def test_a_key_that_everybody_may_read(open_path: Path) -> None:
    key, link = open_path / "privkey1.pem", open_path / "privkey.pem"
    key.touch(0o600)
    link.symlink_to(key.name)
    own = [Settings({}), Settings({}, {}, {"smtpd_tls_key_file": str(link)})]
    assert [one.verdict for one in judge_key(Door(), own)] == [RIGHT]
    key.chmod(0o644)
    (found,) = judge_key(Door(), own)
    assert (found.id, found.verdict) == ("certificate.key", WARNING)
    open_path.chmod(0o700)
    assert [one.verdict for one in judge_key(Door(), own)] == [RIGHT]
    assert list(judge_key(Door(), [Settings({})])) == []


@pytest.mark.parametrize(
    ("uid", "place", "is_named"),
    [
        (1000, ".", True),
        (4711, "privkey.pem", True),
        (59999, "fullchain.pem", True),
        (0, ".", False),
        (89, "privkey.pem", False),
        (65534, ".", False),
    ],
)
def test_files_of_a_person(
    open_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, place: str, *, is_named: bool
) -> None:
    """The owner of a directory may replace each file in it, also files of other owners."""
    key, cert = open_path / "privkey.pem", open_path / "fullchain.pem"
    for one in (key, cert):
        one.touch(0o600)
    owned, plain = str(open_path / place), Door.stat

    def stat(self: Door, path: str) -> os.stat_result | None:
        found = plain(self, path)
        mode, *middle, _, gid = list(found)[:6] if found else [0] * 6
        owner = uid if path == owned else 0
        return found and os.stat_result((mode, *middle, owner, gid, *list(found)[6:]))

    monkeypatch.setattr(Door, "stat", stat)
    own = [Settings({"smtpd_tls_key_file": str(key), "smtpd_tls_cert_file": str(cert)})]
    (found,) = judge_key(Door(), own)
    assert found.verdict == (WARNING if is_named else RIGHT)
    assert not is_named or owned in found.seen
