"""Each section changed alone by the real program on a hand-edited server: no other byte moves."""

from __future__ import annotations

import json

import pytest

from lab.host import Host
from tests.corpus.outside import lost_or_added
from tests.lab.program import ANSWERS, PYZ, ZEKE, BootHost, apply, wizard
from tests.sections import CASES, edit
from wizard.answers.model import POLICY, SECTIONS
from wizard.paths import ALIASES, MAIN_CF, MASTER_CF, SENDER_ACCESS
from wizard.postfix import second_mx
from wizard.postfix.parameters import BY_NAME
from wizard.status.settings import settings_by_section

pytestmark = pytest.mark.lab

BY_HAND = r"""
cd /etc/postfix
printf '# ours since 2009 \t\351\nheader_checks =\n\t regexp:/etc/postfix/headers\n' >>main.cf
sed -i 's/^smtp_tls_loglevel = 1/smtp_tls_loglevel =  2/' main.cf
sed -i 's/^    reject_unauth_destination,/&\n# ours too\n    check_client_access cidr:\/etc\/postfix\/clients,/' main.cf
touch headers clients
printf '\n# ours\npolicy  unix  -  n  n  -  0  spawn user=nobody argv=/bin/true' >>master.cf
printf 'friend.example\tOK\n# and ours\n' >>sender_access
postmap sender_access
postfix check
postfix reload
"""


def files(host: Host) -> dict[str, bytes]:
    """Return the bytes of the files."""
    paths = (MAIN_CF, MASTER_CF, SENDER_ACCESS, ALIASES)
    return {path: (host.root / path.lstrip("/")).read_bytes() for path in paths}


def rows(host: Host) -> dict[str, dict[str, str]]:
    """Return the list of sections, as `status --json` has it."""
    return {
        one["section"]: one for one in json.loads(wizard(host, "status", "--json")[1])["sections"]
    }


@pytest.mark.promise(17)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_each_section_is_changed_alone(suite: str, boot_host: BootHost) -> None:
    """By `apply --section`, one after the other, and each is told as that run's."""
    host = boot_host(suite=suite, epel=True, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    host.run(["sh", "-ec", BY_HAND], check=True)
    assert rows(host)[POLICY]["state"] == "changed by hand"
    for section in (*SECTIONS, POLICY):
        files_of = CASES[section].files if section in CASES else (MAIN_CF,)
        host.write(ANSWERS, edit(section, ZEKE) if section in CASES else ZEKE, 0o600)
        before = files(host)
        # What was done to the policy's lines by hand is a conflict; here ours are wanted back.
        own_way = ["--take-planned"] if section == POLICY else []
        code, said = apply(host, "--section", section, *own_way)
        assert code == 0, (section, said)
        after = files(host)
        changed = [path for path in after if after[path] != before[path]]
        assert changed == [*files_of], section
        own = {one for one, parameter in BY_NAME.items() if parameter.section == section}
        own |= CASES[section].moves if section in CASES else frozenset()
        assert lost_or_added(before[MAIN_CF], after[MAIN_CF], own) == [], section
        was, is_now = settings_by_section(before), settings_by_section(after)
        owners = {section} if files_of else set()
        # The entries of 587 and 465 are the policy's, also where a section has an item of a list.
        # A second MX has items of lists of main.cf that are the policy's.
        owners |= {POLICY} if MASTER_CF in files_of or section == second_mx.SECTION else set()
        assert {one for one in was if was[one] != is_now[one]} == owners
        found = rows(host)
        run = json.loads(wizard(host, "runs", "--json")[1])["runs"][-1]["run"]
        assert found[section]["state"] != "changed by hand"
        if files_of:
            assert (found[section]["by"], found[section]["run"]) == ("run", run)
    told = after[MAIN_CF]
    assert b"# ours since 2009 \t\xe9\nheader_checks =\n\t regexp:" in told
    assert b"\n# ours too\n    check_client_access cidr:/etc/postfix/clients,\n" in told
    assert after[MASTER_CF].endswith(b"argv=/bin/true")
    assert b"friend.example\tOK\n# and ours\n" in after[SENDER_ACCESS]
