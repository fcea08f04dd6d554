"""`sendmail.alternative`: whose sendmail(1) is, where alternatives(8) has a group for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.host.units import judge_alternative
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG


@pytest.mark.parametrize(
    ("link", "verdicts"),
    [
        ("", []),
        ("/usr/sbin/sendmail.postfix", [RIGHT]),
        ("/usr/sbin/sendmail.sendmail", [WARNING]),
        ("/usr/bin/esmtp-wrapper", [WARNING]),
        ("/usr/sbin/exim", [WARNING]),
        ("/bin/true", [WRONG]),
        ("/usr/local/bin/nothing", [WRONG]),
        ("/bin/cat", [WRONG]),
    ],
)
def test_whose_sendmail_is(tmp_path: Path, link: str, verdicts: list[str]) -> None:
    (tmp_path / "etc/alternatives").mkdir(parents=True)
    if link:
        (tmp_path / "etc/alternatives/mta").symlink_to(link)
    found = list(judge_alternative(Door(tmp_path)))
    assert [one.verdict for one in found] == verdicts
    assert not any(one.fatal for one in found)
    if verdicts in ([WARNING], [WRONG]):
        assert "alternatives --set mta /usr/sbin/sendmail.postfix" in found[0].advice
