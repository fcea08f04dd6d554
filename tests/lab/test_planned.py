"""What a plan says of smtpd's entries and of blocklists elsewhere, and what is so after the run."""

from __future__ import annotations

import json

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PENDING, ZEKE, apply, wizard

pytestmark = pytest.mark.lab

MASTER = "/etc/postfix/master.cf"
BEFORE = "After this run, "
EDITS = {
    "logins on 25": "postconf -P smtp/inet/smtpd_sasl_auth_enable=yes",
    "TLS at once on 587": "postconf -P submission/inet/smtpd_tls_wrappermode=yes",
    "a door for all": (
        f"printf '2525 inet n - n - - smtpd -o smtpd_relay_restrictions=permit"
        f" -o smtpd_recipient_restrictions=permit\\n' >>{MASTER}"
    ),
    "587 commented out, and its options not": f"sed -i 's/^submission /#&/' {MASTER}",
}
"""Edits of a master.cf that a run wrote."""


def planned(host: Host, *words: str) -> list[str]:
    code, text = wizard(host, "plan", "--answers", ANSWERS, "--json", *words)
    assert code in {0, PENDING}, text
    return list(json.loads(text)["warnings"])


def test_the_plan_says_what_check_finds_after_the_run(fresh: Host) -> None:
    code, said = apply(fresh)
    assert code == 0, said
    right = (fresh.root / MASTER[1:]).read_bytes()
    assert not any(one.startswith(BEFORE) for one in planned(fresh))
    for name, edit in EDITS.items():
        fresh.run(["sh", "-ec", edit], check=True)
        before = [one[len(BEFORE) :] for one in planned(fresh) if one.startswith(BEFORE)]
        assert before, name
        apply(fresh, "--take-planned")
        _, text = wizard(fresh, "check", "--json")
        found = json.loads(text)["findings"]
        bad = [
            f"{one['looked_at']}: {one['seen']}"
            for one in found
            if one["verdict"] in {"wrong", "warning"} and one["id"].startswith("master.cf.")
        ]
        assert bad, name
        # The plan has more: what an entry inherits, and its parameters.
        assert all(any(one.startswith(words) for one in before) for words in bad), (before, bad)
        (fresh.root / MASTER[1:]).write_bytes(right)
        fresh.run(["systemctl", "restart", "postfix"], check=True)


def test_lists_elsewhere_stay_and_are_said(fresh: Host) -> None:
    fresh.write(ANSWERS, ZEKE.replace('"spamcop", ', ""), 0o600)
    code, said = apply(fresh)
    assert code == 0, said
    own = "permit_mynetworks, permit_sasl_authenticated, $lists"
    fresh.run(
        [
            *("postconf", "-e", f"smtpd_client_restrictions={own}"),
            "lists=reject_rbl_client bl.spamcop.net",
        ],
        check=True,
    )
    (sentence,) = [one for one in planned(fresh) if one.startswith("smtpd_client_restrictions")]
    assert "queried twice" not in sentence
    fresh.write(ANSWERS, ZEKE, 0o600)
    (sentence,) = [one for one in planned(fresh) if one.startswith("smtpd_client_restrictions")]
    assert "bl.spamcop.net would be queried twice" in sentence
    code, said = apply(fresh)
    assert code == 0, said
    assert sentence in " ".join(said.split())
    kept = fresh.run(["postconf", "-x", "smtpd_client_restrictions"], check=True).stdout
    assert "reject_rbl_client bl.spamcop.net" in kept
