"""Who reads root's mail by the answers: compared by who gets it, however the row says so."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.aliases import Aliases
from wizard.answers.sections.hostname import Hostname
from wizard.door import Door
from wizard.finding import RIGHT, WRONG
from wizard.postfix.settings import Settings
from wizard.sections.aliases.check import judge_aliases

LIST = "root: :include:/etc/mail/readers\n"
GETS_IT = {
    "a list": (LIST, "taro\n"),
    "a list with a comment, and several on a line": (LIST, "# who\nhana, taro\n"),
    "a list in a list": (LIST, ":include:/etc/mail/readers\n:include:/etc/mail/more\n"),
    "a list behind another name": ("root: ops\nops: :include:/etc/mail/readers\n", "taro\n"),
    "another name": ("root: ops\nops: hana, taro\n", None),
    "three names": ("root: a\na: b\nb: taro\n", None),
    "quotes": ('root: "taro"\n', None),
    "capitals": ("root: TARO\n", None),
    "a backslash": ("root: \\taro\ntaro: hana\n", None),
    "his own row": ("root: taro\ntaro: taro, archive@example.net\n", None),
    "an address of ours": ("root: taro@Example.com\n", None),
    "an address at the name of the host": ("root: taro@localhost\n", None),
}
NOT = {
    "a list without him": (LIST, "hana\n# taro\n"),
    "a list that is not there": (LIST, None),
    "a program": ('root: "|/usr/bin/x taro"\n', None),
    "a file": ("root: /var/mail/taro\n", None),
    "a circle": ("root: a\na: b\nb: a\n", None),
    "his name leads to another": ("root: taro2\ntaro2: hana\n", None),
    "an address elsewhere": ("root: taro@example.net\n", None),
    "a list of ten thousand others": (LIST, "".join(f"u{one}\n" for one in range(10_000))),
}


def verdict(tmp_path: Path, text: str, listed: Optional[str]) -> str:
    place = tmp_path / "etc/mail"
    place.mkdir(parents=True)
    (tmp_path / "etc/aliases").write_text(text)
    (tmp_path / "etc/passwd").write_text("taro:x:1000:1000::/:/bin/sh\n")
    (place / "more").write_text("taro\n")
    if listed is not None:
        (place / "readers").write_text(listed)
    own = {
        "alias_maps": "hash:/etc/aliases",
        "myhostname": "mail.example.com",
        "mydomain": "example.com",
        "mydestination": "$myhostname, localhost, $mydomain",
    }
    answers = Answers(Hostname("mail.example.com", "example.com"), aliases=Aliases("taro"))
    found = {one.id: one for one in judge_aliases(Door(tmp_path), Settings(own), answers)}
    return found["aliases.root"].verdict


@pytest.mark.parametrize(("text", "listed"), GETS_IT.values(), ids=GETS_IT)
def test_the_reader_of_the_answers_gets_it(
    text: str, listed: Optional[str], tmp_path: Path
) -> None:
    assert verdict(tmp_path, text, listed) == RIGHT


@pytest.mark.parametrize(("text", "listed"), NOT.values(), ids=NOT)
def test_the_reader_of_the_answers_does_not(
    text: str, listed: Optional[str], tmp_path: Path
) -> None:
    assert verdict(tmp_path, text, listed) == WRONG
