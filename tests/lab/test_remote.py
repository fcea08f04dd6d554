"""Certificates copied from the present server, on real hosts: headless, over real ssh."""

from __future__ import annotations

import json

import pytest

from lab.host import Host
from tests.lab.old_server import OLD, boot_pair, let_in_by_key, trust_beforehand
from tests.lab.program import ANSWERS, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

TREE = "find /etc/letsencrypt -printf '%P %m %u:%g %y %l\\n' | sort"


def tree(host: Host) -> list[str]:
    return host.run(["sh", "-c", TREE], check=True).stdout.splitlines()


@pytest.mark.promise(19, 26)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_by_key_to_a_proven_server_and_back(boot_host: BootHost, suite: str) -> None:
    pair = boot_pair(boot_host, suite=suite)
    new = pair.new
    let_in_by_key(pair)

    code, said = wizard(new, "plan", "--answers", ANSWERS)
    assert code == 2, said
    assert f"scp -pr -- root@{OLD}:/etc/letsencrypt" in said
    assert "This run only gathers" in said
    assert "+myhostname" not in said, "what comes after is planned after it"

    before = state(new)
    code, said = apply(new)
    assert code == 1, said
    assert "The authenticity of host" in said
    assert "SHA256:" in said
    assert "nobody answered" in said
    assert new.run(["ls", "/var/lib/postfix-wizard/gathered"]).stdout == ""
    assert [line for line in state(new) if "/etc/" in line] == [
        line for line in before if "/etc/" in line
    ], "--yes never answers for a host's key, and nothing was changed"

    trust_beforehand(pair)
    code, said = apply(new)
    assert code == 0, said
    assert "zeke.jp: whole, number 3" in said
    assert "wrong" not in said
    there, here = tree(pair.old), tree(new)
    files = [line for line in there if not line.startswith("live/") or "README" in line]
    own = {"live", "archive"}
    assert [line for line in here if line in there] == [
        line for line in files if " d " not in line or line.partition("/")[0] not in own
    ], "every file but the links came as it is there, with the mode of its kind"
    closed = [line.split()[1] for line in here if " d " in line and line[:4] in {"live", "arch"}]
    assert closed == ["700"] * 6
    link = new.run(["readlink", "/etc/letsencrypt/live/zeke.jp/privkey.pem"]).stdout.strip()
    assert link == "../../archive/zeke.jp/privkey3.pem", "the number that live/ held"
    assert new.run(["ls", "-A", "/var/lib/postfix-wizard/gathered"]).stdout == "", "no key twice"

    before = state(new)
    code, said = wizard(new, "plan", "--answers", ANSWERS)
    assert (code, said.count("Nothing to do")) == (0, 1), said
    code, said = apply(new)
    assert (code, said.count("Nothing to do")) == (0, 1), said
    assert state(new) == before, "a whole, linked lineage is not fetched again"

    code, said = wizard(new, "plan", "--section", "certificate", "--json")
    plan = json.loads(said)
    assert (code, plan["gathers"]) == (2, "remote"), "unless the section is rerun"

    code, said = wizard(new, "status")
    assert code == 0, said

    code, said = wizard(new, "undo", "--yes")
    assert code == 0, said
    assert new.run(["ls", "/etc/letsencrypt"]).returncode != 0, "what was copied is gone"
    code, said = wizard(new, "undo", "--dry-run")
    assert code == 1, said
