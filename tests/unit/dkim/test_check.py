"""What `check` says of keys and records, from data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from wizard.dns.key_record import KeyRecord
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check
from wizard.host.signing_facts import SigningKey
from wizard.postfix.settings import Settings
from wizard.sections.dkim import check as module
from wizard.sections.dkim.milters import MAPS, OUR_MAPS
from wizard.sections.dkim.setup import SIGNER
from wizard.sections.dkim.signer import Key, Retired, Setup

PATH = "/etc/opendkim/keys/a.example/s.private"
KEYS = {
    "right": (SigningKey(PATH, 0o600, "opendkim"), "", ""),
    "others read it": (SigningKey(PATH, 0o640, "opendkim"), "0640", f"chmod 600 {PATH}"),
    "root has it": (SigningKey(PATH, 0o600, "root"), "belongs to root", f"chown opendkim: {PATH}"),
}


@pytest.mark.parametrize(("key", "seen", "command"), KEYS.values(), ids=KEYS)
def test_a_key(key: SigningKey, seen: str, command: str) -> None:
    found = module._judge_keys(Door(), [PATH], {PATH: key})
    assert (found.verdict == RIGHT) is not bool(seen)
    assert seen in found.seen
    assert [" ".join(one) for one in found.cure.commands] == ([command] if command else [])


def test_keys_that_are_missing_or_cannot_sign() -> None:
    assert module._judge_keys(Door(), [PATH], {}).verdict == WRONG
    found = module._judge_keys(Door(), [PATH], {PATH: SigningKey(PATH, why="it is no key of RSA")})
    assert (found.verdict, found.seen) == (WRONG, f"{PATH}: it is no key of RSA")


RECORD = Check("dns.dkim", "s._domainkey.a.example TXT", "this key", fatal=False)
STATES = [
    # state, does it sign, the verdict
    ("right", True, RIGHT),
    ("right", False, WARNING),
    ("wrong", True, WRONG),
    ("missing", True, WRONG),
    ("wrong", False, WARNING),
    ("missing", False, WARNING),
    ("unknown", True, UNKNOWN),
    ("unknown", False, UNKNOWN),
]


@pytest.mark.parametrize(("state", "signs", "verdict"), STATES)
def test_a_record(state: str, signs: bool, verdict: str) -> None:
    record = KeyRecord(state, "ns.a.example")
    found = module._record(RECORD, record, "THE LINE", signs=signs)
    assert found.verdict == verdict
    if state == "right":
        test = module._record(RECORD, replace(record, is_test=True), "THE LINE", signs=signs)
        assert (test.verdict, "t=y" in test.seen) == (WARNING, True)
    assert ("THE LINE" in found.advice) == (state in {"wrong", "missing"})
    if (state, signs) == ("right", False):
        assert found.seen.startswith("published now")
        assert found.cure.commands == (("postfix-wizard", "apply", "--section", "dkim", "--yes"),)


def test_a_signer_in_another_root_is_not_known(tmp_path: object) -> None:
    assert module._judge_unit(Door(tmp_path)).verdict == UNKNOWN  # type: ignore[arg-type]


def test_a_signer_that_does_not_run_is_wrong() -> None:
    found = module._judge_unit(Door())
    assert found.verdict == WRONG
    assert f"there is no socket {SIGNER.socket}" in found.seen


NETWORKS = {
    "the same": ("127.0.0.0/8, [::1]/128", b"127.0.0.0/8\n::1\n", RIGHT),
    "one is missing": ("127.0.0.0/8 10.0.0.0/8", b"127.0.0.0/8\n", WRONG),
    "a file": ("127.0.0.0/8, /etc/postfix/nets", b"127.0.0.0/8\n", WRONG),
    "one is excluded": ("!127.0.0.9, 127.0.0.0/8", b"127.0.0.0/8\n", WRONG),
    "more than there": ("127.0.0.0/8", b"127.0.0.0/8\n10.0.0.0/8\nhost.example\n", RIGHT),
}


@pytest.mark.parametrize(("mynetworks", "table", "verdict"), NETWORKS.values(), ids=NETWORKS)
def test_the_trusted_networks(tmp_path: Path, mynetworks: str, table: bytes, verdict: str) -> None:
    (tmp_path / "etc/opendkim").mkdir(parents=True)
    (tmp_path / "etc/opendkim/TrustedHosts").write_bytes(table)
    settings = Settings({"mynetworks": mynetworks})
    assert module._judge_networks(Door(tmp_path), settings, Setup()).verdict == verdict


def test_a_network_without_the_milter_of_port_25_is_named(tmp_path: Path) -> None:
    (tmp_path / "etc/opendkim").mkdir(parents=True)
    (tmp_path / "etc/postfix").mkdir()
    (tmp_path / "etc/opendkim/TrustedHosts").write_bytes(b"127.0.0.0/8\n10.0.0.0/8\n")
    (tmp_path / "etc/postfix/signed_networks").write_bytes(b"127.0.0.0/8 unix:/x\n")
    settings = Settings({"mynetworks": "127.0.0.0/8 10.0.0.0/8", MAPS: OUR_MAPS})
    signing = Setup(signing=(Key("a.example", "s"),))
    found = module._judge_networks(Door(tmp_path), settings, signing)
    assert (found.verdict, "10.0.0.0/8 is in mynetworks" in found.seen) == (WRONG, True)
    assert module._judge_networks(Door(tmp_path), settings, Setup()).verdict == RIGHT


OLD = Retired(Key("a.example", "s"), "20261208")
PUBLISHED = KeyRecord("right", "ns.a.example")
OLD_STATES = {
    "in the week": (PUBLISHED, False, RIGHT, "published until 2026-12-08"),
    "due": (PUBLISHED, True, WARNING, "due since 2026-12-08"),
    "withdrawn": (KeyRecord("wrong", "x", is_gone=True), True, RIGHT, f"`rm {PATH}`"),
    "withdrawn early": (KeyRecord("missing", "x", is_gone=True), False, RIGHT, "withdrawn"),
    "at one server only": (KeyRecord("wrong", "ns: withdrawn"), True, WARNING, "due since"),
    "silent": (KeyRecord("unknown", "no answer"), True, UNKNOWN, "no answer"),
}


@pytest.mark.parametrize(
    ("record", "is_due", "verdict", "seen"), OLD_STATES.values(), ids=OLD_STATES
)
def test_the_record_of_an_old_key(record: KeyRecord, is_due: bool, verdict: str, seen: str) -> None:
    found = module._old_record(OLD, record, is_due=is_due)
    assert found.verdict == verdict
    assert seen in found.seen
    assert ('s._domainkey.a.example. IN TXT ( "v=DKIM1; p=" )' in found.advice) == (
        verdict == WARNING
    )
