"""The certificate steps, on files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.run.runs import OLD, last, plan, prepared, undone
from wizard.plan.certificate_actions import Relink, SelfSign
from wizard.plan.files import Link, sha256
from wizard.run.paths import Places
from wizard.run.seals import read_seals
from wizard.run.worker import work


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (made / "main.cf").write_bytes(OLD)
    return made


def test_links_of_a_lineage_are_made_whole(places: Places, etc: Path) -> None:
    live, archive = etc / "live" / "example.com", etc / "archive" / "example.com"
    live.mkdir(parents=True)
    archive.mkdir(parents=True)
    links = []
    for name in ("cert", "chain", "fullchain", "privkey"):
        (archive / f"{name}2.pem").write_text(name)
        (live / f"{name}.pem").write_text(name)
        was = f"file:{sha256(name.encode())}"
        links.append(Link(str(live / f"{name}.pem"), f"../../archive/example.com/{name}2.pem", was))
    (live / "chain.pem").unlink()
    links[1] = Link(links[1].path, links[1].target, "missing")
    run = prepared(places, plan(("live", Relink("example.com", tuple(links)))))
    assert work(places, run) == 0, last(places, run)
    made = {path.name: str(path.readlink()) for path in live.iterdir()}
    assert made == {
        f"{name}.pem": f"../../archive/example.com/{name}2.pem"
        for name in ("cert", "chain", "fullchain", "privkey")
    }
    before = {entry["path"]: entry["was"] for entry in undone(places, run, "live")}
    keyed = read_seals(places.key).keyed
    assert before == {link.path: keyed(link.was) for link in links}
    kept = {path.read_text() for path in places.run(run).replaced.iterdir()}
    assert kept == {"cert", "fullchain", "privkey"}


def test_a_link_that_would_lead_nowhere_is_not_made(places: Places, etc: Path) -> None:
    link = Link(str(etc / "cert.pem"), "../archive/cert9.pem", "missing")
    run = prepared(places, plan(("live", Relink("example.com", (link,)))))
    assert work(places, run) == 1
    assert "cert9.pem, where" in last(places, run).message
    assert not os.path.lexists(link.path)


@pytest.mark.promise(24)
def test_a_self_signed_pair_is_made_and_its_key_stays_private(places: Places, etc: Path) -> None:
    cert, key = etc / "cert.pem", etc / "key.pem"
    key.write_text("old key")
    key.chmod(0o600)
    names = ("mail.example.com", "example.com")
    blind = SelfSign(str(cert), str(key), names, 30)
    run = prepared(places, plan(("sign", blind)))
    assert work(places, run) == 1
    assert f"stale: {key}" in last(places, run).message
    assert key.read_text() == "old key"
    action = SelfSign(str(cert), str(key), names, 30, (None, sha256(b"old key")))
    run = prepared(places, plan(("sign", action)))
    assert work(places, run) == 0, last(places, run)
    assert (cert.stat().st_mode & 0o777, key.stat().st_mode & 0o777) == (0o644, 0o600)
    text = subprocess.run(
        ["openssl", "x509", "-in", cert, "-noout", "-text"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert "DNS:mail.example.com, DNS:example.com" in text
    secret = key.read_text().splitlines()[3]
    kept = [path for path in places.state.rglob("*") if path.is_file()]
    assert not [path for path in kept if secret in path.read_text(errors="replace")]
    assert [path.read_text() for path in places.run(run).replaced.iterdir()] == ["old key"]
    assert not places.run(run).staging.exists()
