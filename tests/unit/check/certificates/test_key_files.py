"""The keys of the certificates."""

from __future__ import annotations

from pathlib import Path

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
