"""Whether Postfix gives our mail to the signer, and what changes it after that, as data and with tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from wizard.door import Door, Outcome
from wizard.finding import RIGHT, WARNING
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings
from wizard.sections.dkim import use
from wizard.sections.dkim.postfix import MILTER

SIGNED = "unix:/run/opendkim/opendkim.sock"
MACROS = "i {mail_addr} {auth_type} {auth_authen}"
OWN = {
    "non_smtpd_milters": MILTER,
    "smtpd_milter_maps": "cidr:/etc/postfix/signed_networks",
    "milter_mail_macros": MACROS,
    "milter_default_action": "tempfail",
}
OPTION = f"  -o smtpd_milters=inet:localhost:9,{MILTER}\n"
MASTER = f"""smtp inet n - n - - smtpd
submission inet n - n - - smtpd
{OPTION}cleanup unix n - n - 0 cleanup
"""
CASES: dict[str, tuple[dict[str, str], str, str]] = {
    "as a run writes it": ({}, MASTER, ""),
    "a default of the others": ({"milter_default_action": "accept"}, MASTER, ""),
    "people without it": (
        {},
        MASTER.replace(OPTION, ""),
        "submission/inet: smtpd_milters does not",
    ),
    "people with another one": (
        {},
        MASTER.replace("/run/", "/srv/"),
        "submission/inet: smtpd_milters",
    ),
    "programs without it": (
        {"non_smtpd_milters": ""},
        MASTER,
        "cleanup/unix: non_smtpd_milters does",
    ),
    "an option of cleanup": (
        {},
        f"{MASTER}  -o non_smtpd_milters=\n",
        "cleanup/unix: non_smtpd_milters does not",
    ),
    "networks without it": (
        {"smtpd_milter_maps": ""},
        MASTER,
        "smtp/inet: smtpd_milter_maps is not",
    ),
    "none for people": (
        {},
        MASTER.replace(OPTION, f"{OPTION}  -o receive_override_options=no_milters\n"),
        "submission/inet: smtpd_milters: receive_override_options has no_milters",
    ),
    "it accepts": (
        {},
        MASTER.replace("tempfail", "accept"),
        "submission/inet: smtpd_milters: default_action=accept",
    ),
    "it refuses": (
        {"non_smtpd_milters": f"{{ {SIGNED}, default_action = reject }}"},
        MASTER,
        "our mail is refused for good",
    ),
    "the default refuses": (
        {"non_smtpd_milters": SIGNED, "milter_default_action": "reject"},
        MASTER,
        "cleanup/unix: non_smtpd_milters: default_action=reject",
    ),
    "no login is told": ({"milter_mail_macros": "i"}, MASTER, "milter_mail_macros has no {auth_t"),
}


@pytest.mark.parametrize(("changes", "master", "expected"), CASES.values(), ids=CASES)
def test_how_postfix_uses_the_signer(changes: dict[str, str], master: str, expected: str) -> None:
    services = MasterCf.parse(master.encode()).services
    found = list(use.unused(services, Settings({**OWN, **changes})))
    assert len(found) == bool(expected), found
    assert expected in "".join(found)


class _Tables(Door):
    """Answers of postmap(1) by table and key."""

    def __init__(self, root: Path, answers: dict[tuple[str, str], str]) -> None:
        super().__init__(root)
        self._answers = answers

    def run(self, argv: Sequence[str], **_: object) -> Outcome | None:
        text = self._answers.get((argv[3], argv[2]))
        return Outcome(int(text is None), (text or "").encode(), b"")


CHANGES = {
    "nothing": ({}, {}, ""),
    "the widest line": ({"smtp_line_length_limit": "998"}, {}, ""),
    "no limit": ({"smtp_line_length_limit": "0"}, {}, ""),
    "short lines": ({"smtp_line_length_limit": "72"}, {}, "smtp_line_length_limit = 72 cuts"),
    "a header goes": (
        {"smtp_header_checks": "regexp:/a"},
        {("regexp:/a", use._HEADER): "IGNORE"},
        "smtp_header_checks changes DKIM-Signature: v=1 (IGNORE)",
    ),
    "other headers": ({"smtp_header_checks": "regexp:/a"}, {("regexp:/a", "X: y"): "IGNORE"}, ""),
    "a sender changes": (
        {"smtp_generic_maps": "hash:/a, hash:/b"},
        {("hash:/b", "@a.example"): "@b.example"},
        "smtp_generic_maps changes @a.example (@b.example)",
    ),
    "another sender": ({"smtp_generic_maps": "hash:/a"}, {("hash:/a", "root@b"): "x@y"}, ""),
}


@pytest.mark.parametrize(("own", "tables", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_changes_mail_after_the_signature(
    tmp_path: Path, own: dict[str, str], tables: dict[tuple[str, str], str], expected: str
) -> None:
    found = list(use.judge_use(_Tables(tmp_path, tables), Settings(own), ["a.example"]))
    assert [one.id for one in found] == ["dkim.postfix", "dkim.leaving"]
    leaving = found[1]
    assert leaving.verdict == (WARNING if expected else RIGHT)
    assert expected in leaving.seen
