"""The chain and the key of a certificate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.scripted import Pair
from wizard.check.commands import CommandResult
from wizard.check.tls import chain
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, WARNING
from wizard.postfix.settings import Settings


def test_a_chain(pair: Pair, tmp_path: Path) -> None:
    (found,) = chain.begin_chain(Door(), str(pair.cert))()
    assert (found.id, found.verdict) == ("certificate.chain", WARNING)
    assert found.seen == "signed by itself"
    assert list(chain.begin_chain(Door(), str(tmp_path / "none"))()) == []


@pytest.mark.parametrize(
    ("said", "own"),
    [
        (b"error 18 at 0 depth lookup: self-signed certificate", True),
        (b"error 18 at 0 depth lookup:self signed certificate", True),
        (b"error 19 at 2 depth lookup: words of another release", True),
        (b"error 20 at 0 depth lookup: unable to get local issuer certificate", False),
        (b"error 2 at 1 depth lookup: self-signed is not what it is", False),
    ],
)
def test_a_chain_is_judged_by_a_number_and_no_word(pair: Pair, said: bytes, own: bool) -> None:
    told = CommandResult(Outcome(2, b"CN = x\n", said), "")
    (found,) = chain._judge(str(pair.cert), told)
    assert (found.seen == "signed by itself") == own


def test_a_key_that_everybody_may_read(open_path: Path) -> None:
    key, link = open_path / "privkey1.pem", open_path / "privkey.pem"
    key.touch(0o600)
    link.symlink_to(key.name)
    own = Settings({"smtpd_tls_key_file": str(link)})
    assert [one.verdict for one in chain.judge_key(Door(), own)] == [RIGHT]
    key.chmod(0o644)
    (found,) = chain.judge_key(Door(), own)
    assert (found.id, found.verdict) == ("certificate.key", WARNING)
    open_path.chmod(0o700)
    assert [one.verdict for one in chain.judge_key(Door(), own)] == [RIGHT]
    assert list(chain.judge_key(Door(), Settings({}))) == []
