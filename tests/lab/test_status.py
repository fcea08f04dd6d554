"""`status` on a real host: silent on what the runs left, and each drift named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.host import Host
from tests.lab.program import PENDING, apply, state, wizard

pytestmark = pytest.mark.lab

LIVE = "/etc/letsencrypt/live/zeke.ne.jp"
ARCHIVE = "/etc/letsencrypt/archive/zeke.ne.jp"
RENEW = f"""
cd {ARCHIVE}
for kind in cert chain fullchain privkey; do
    cp -p ${{kind}}1.pem ${{kind}}2.pem
    ln -sfn ../../archive/zeke.ne.jp/${{kind}}2.pem {LIVE}/${{kind}}.pem
done
"""
DRIFTS: tuple[tuple[str, str, str, str], ...] = (
    (
        "path./etc/postfix/main.cf",
        "echo 'soft_bounce = yes' >>/etc/postfix/main.cf",
        "sed -i '$d' /etc/postfix/main.cf",
        "+soft_bounce = yes",
    ),
    (
        "path./etc/postfix/master.cf",
        "mv /etc/postfix/master.cf /root/",
        "mv /root/master.cf /etc/postfix/",
        "gone",
    ),
    (
        "path./etc/postfix/sender_access",
        "mv /etc/postfix/sender_access /root/; ln -s /root/sender_access /etc/postfix/",
        "rm /etc/postfix/sender_access; mv /root/sender_access /etc/postfix/",
        "a link to /root/sender_access",
    ),
    (
        "table./etc/postfix/sender_access",
        "mv /etc/postfix/sender_access.db /root/",
        "mv /root/sender_access.db /etc/postfix/",
        "there is no such table",
    ),
    (
        "table./etc/postfix/sender_access",
        "touch -d '+1 hour' /etc/postfix/sender_access",
        "touch -d '-1 hour' /etc/postfix/sender_access",
        "older than its text",
    ),
    (
        "links.zeke.ne.jp",
        f"cp --remove-destination {ARCHIVE}/cert1.pem {LIVE}/cert.pem",
        f"ln -sfn ../../archive/zeke.ne.jp/cert1.pem {LIVE}/cert.pem",
        "not linked: cert.pem",
    ),
    ("unit.enabled", "systemctl -q disable postfix", "systemctl -q enable postfix", "disabled"),
    ("unit.active", "systemctl stop postfix", "systemctl start postfix", "inactive"),
    (
        "firewall.public.smtps",
        "firewall-cmd -q --zone=public --remove-service=smtps",
        "firewall-cmd -q --reload",
        "closed until the next reload",
    ),
    (
        "firewall.public.smtp",
        "firewall-cmd -q --permanent --zone=public --remove-service=smtp; firewall-cmd -q --reload",
        "firewall-cmd -q --permanent --zone=public --add-service=smtp; firewall-cmd -q --reload",
        "closed",
    ),
    (
        "path./etc/postfix-wizard/answers.toml",
        "echo '# mine' >>/etc/postfix-wizard/answers.toml",
        "sed -i '$d' /etc/postfix-wizard/answers.toml",
        "changed since",
    ),
)


def drifted(host: Host) -> tuple[int, dict[str, Any]]:
    """Return the exit status and the items that drifted, by their names."""
    code, said = wizard(host, "status", "--json")
    assert said.startswith("{"), said
    whole = json.loads(said)
    found = {one["id"]: one for one in whole["items"] if one["drifted"]}
    assert whole["drifted"] == len(found)
    return code, found


def test_each_drift_is_named_and_nothing_else(fresh: Host) -> None:
    """One thing at a time is changed by hand, seen, and put right."""
    code, said = wizard(fresh, "status")
    assert (code, "No run of the wizard has changed this host" in said) == (1, True)
    assert apply(fresh)[0] == 0
    before = state(fresh)
    assert drifted(fresh) == (0, {})
    assert state(fresh) == before
    for name, change, mend, words in DRIFTS:
        fresh.run(["sh", "-c", change], check=True)
        code, found = drifted(fresh)
        assert (code, list(found)) == (PENDING, [name]), change
        assert words in json.dumps(found[name]), found[name]
        code, said = wizard(fresh, "status")
        assert code == PENDING
        assert f"{found[name]['looked_at']}\n" in said
        fresh.run(["sh", "-c", mend], check=True)
        assert drifted(fresh) == (0, {}), mend
    # A renewal moves links on to the next number, which is no drift.
    fresh.run(["sh", "-ec", RENEW], check=True)
    assert drifted(fresh) == (0, {})


def test_an_undo_is_what_counts_from_then_on(fresh: Host) -> None:
    """What was put back is as it should be, and a set-up by hand after it is drift."""
    assert apply(fresh)[0] == 0
    assert wizard(fresh, "undo", "--yes")[0] == 0
    assert drifted(fresh) == (0, {})
    fresh.run(["systemctl", "start", "postfix"], check=True)
    assert list(drifted(fresh)[1]) == ["unit.active"]


def test_a_damaged_journal_and_a_run_that_was_cut_off_are_told(fresh: Host) -> None:
    """What is not known is no `as left`."""
    assert apply(fresh)[0] == 0
    runs = fresh.root / "var/lib/postfix-wizard/runs"
    (run,) = [one.name for one in runs.iterdir() if one.is_dir()]
    journal = runs / run / "journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: len(whole) * 2 // 3])
    code, found = drifted(fresh)
    assert (code, list(found)) == (PENDING, [f"run.{run}"]), "run.json says that it ended"
    header = runs / run / "run.json"
    ended = header.read_bytes()
    header.unlink()
    code, found = drifted(fresh)
    assert (code, found["run"]["run"]) == (PENDING, run)
    header.write_bytes(ended)
    journal.write_bytes(whole.replace(b"StepStarted", b"StepStartad", 1))
    code, found = drifted(fresh)
    assert (code, list(found)) == (PENDING, [f"run.{run}"])
