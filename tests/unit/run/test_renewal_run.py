"""Each renewal tried with a certbot of the test's own: what it says, makes and never ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.run.runs import last, plan, prepared, told
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding
from wizard.plan.certificate_actions import ProveRenewals, Renewal
from wizard.run.actions import renewal
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.records import DONE, Found
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")

ONE = Renewal("a.example", 1_800_000_000, 1_802_000_000, ("cli.ini:pre-hook@01234567",))
TWO = Renewal("b.example", 1_900_000_000, 1_902_000_000, (), "https://ca.example/dir")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An /etc/letsencrypt of the test's own, with an account and both renewal files."""
    made = tmp_path / "etc/letsencrypt"
    (made / "accounts/own").mkdir(parents=True)
    (made / "renewal").mkdir()
    for one in (ONE, TWO):
        (made / f"renewal/{one.lineage}.conf").write_text("")
    monkeypatch.setattr(renewal, "LETSENCRYPT", str(made))
    monkeypatch.setattr(renewal, "_ACCOUNTS", made / "accounts")
    return made


def certbot(tree: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tree.parent.parent / "certbot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(renewal, "PROGRAMS", ("/nowhere/certbot", str(program)))


def tried(places: Places, *renewals: Renewal) -> tuple[Finding, ...]:
    """Run the step alone; whatever certbot does, the run is done."""
    run = prepared(places, plan(("renewals", ProveRenewals(renewals))))
    assert work(places, run) == 0, last(places, run)
    assert last(places, run).outcome == DONE
    (found,) = [one for one in told(places, run) if isinstance(one, Found)]
    return found.findings


def test_what_works_is_right(places: Places, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tree.parent / "said"
    certbot(tree, monkeypatch, f'echo "$@" >>{said}')
    found = tried(places, ONE, TWO)
    assert [(one.id, one.verdict) for one in found] == [
        ("renewal.a.example", RIGHT), ("renewal.b.example", RIGHT),
    ]  # fmt: skip
    common = "renew --dry-run --non-interactive --no-random-sleep-on-renew --cert-name"
    assert said.read_text().splitlines() == [
        f"{common} a.example",
        f"{common} b.example --server https://ca.example/dir",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "seen"),
    [
        ("echo 'Could not bind to port 80' >&2; exit 1", "Could not bind to port 80"),
        ("exit 1", "it said nothing"),
        ("kill -9 $$", "it said nothing"),
        ("printf '\\033]0;x\\007Domain: a.example\\n'; exit 1", "Domain: a.example"),
        ("sleep 60", "it had not ended after 1 seconds"),
        ("yes no | head -c 3000000; exit 1", "no"),
    ],
)
def test_what_does_not_is_a_warning_with_its_date(
    places: Places, tree: Path, monkeypatch: pytest.MonkeyPatch, script: str, seen: str
) -> None:
    monkeypatch.setattr(renewal, "TIMEOUT_SECONDS", 1.0)
    certbot(tree, monkeypatch, script)
    (found,) = tried(places, ONE)
    assert (found.verdict, found.fatal) == (WARNING, False)
    assert seen in found.seen
    assert found.seen.isprintable()
    assert "It matters on 2027-01-15, when certbot renews it." in found.advice
    assert "It expires on 2027-02-07." in found.advice
    assert "Left out of this run: cli.ini:pre-hook@01234567." in found.advice


def test_without_a_renewal_file_certbot_is_not_asked(
    places: Places, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certbot(tree, monkeypatch, "touch /nowhere/certbot-ran; exit 1")
    (tree / "renewal/a.example.conf").unlink()
    (found,) = tried(places, ONE)
    assert (found.verdict, "no renewal file" in found.seen) == (WARNING, True)


def test_without_certbot_it_is_unknown(
    places: Places, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "PROGRAMS", (str(tree / "nothing"),))
    found = tried(places, ONE, TWO)
    assert {one.verdict for one in found} == {UNKNOWN}
    assert found[0].advice.startswith("Install certbot (EPEL has it). It matters on")


def test_many_do_not_take_for_ever(
    places: Places, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "TOTAL_SECONDS", 0.3)
    certbot(tree, monkeypatch, "sleep 0.5")
    found = tried(places, ONE, TWO, TWO)
    assert [one.verdict for one in found] == [RIGHT, UNKNOWN, UNKNOWN]
    assert "it was not tried" in found[1].seen


def test_what_certbot_makes_for_a_try_goes_again(
    places: Places, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certbot(
        tree,
        monkeypatch,
        f"cd {tree} && mkdir -p accounts/staging/directory/1 csr keys renewal-hooks/pre\n"
        "echo x >accounts/staging/directory/1/private_key.json; echo x >keys/of-certbot.pem",
    )
    tried(places, ONE)
    assert [path.name for path in (tree / "accounts").iterdir()] == ["own"]
    back = undo_plan(places)
    run = prepared(places, back)
    assert work(places, run) == 0, last(places, run)
    assert sorted(path.name for path in tree.iterdir()) == ["accounts", "keys", "renewal"]
    assert (tree / "keys/of-certbot.pem").exists(), "what is not empty stays"
