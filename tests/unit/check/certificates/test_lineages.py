"""certbot's layout: live/ has links to the newest files in archive/."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wizard.check.certificates.lineages import KINDS, judge_lineage, read_lineage
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, Finding

LE = "etc/letsencrypt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    live, archive = tmp_path / LE / "live/x", tmp_path / LE / "archive/x"
    live.mkdir(parents=True)
    archive.mkdir(parents=True)
    for kind in KINDS:
        for number in (9, 10):
            (archive / f"{kind}{number}.pem").touch()
        (live / f"{kind}.pem").symlink_to(f"../../archive/x/{kind}10.pem")
    (live / "README").touch()
    return tmp_path


def judged(root: Path, archive: str = "") -> Finding:
    (found,) = judge_lineage(read_lineage(Door(root), "x", archive))
    assert found.id == "certificate.links"
    assert not found.fatal
    return found


def relink(root: Path, kind: str, target: str) -> None:
    path = root / LE / f"live/x/{kind}.pem"
    path.unlink()
    path.symlink_to(target)


def test_as_certbot_leaves_it(root: Path) -> None:
    assert judged(root).verdict == RIGHT


def test_another_archive_by_the_renewal_file(root: Path) -> None:
    shutil.move(root / LE / "archive/x", root / LE / "archive/x-0001")
    for kind in KINDS:
        relink(root, kind, f"/{LE}/archive/x-0001/{kind}10.pem")
    assert judged(root).verdict == WARNING
    assert judged(root, f"/{LE}/archive/x-0001").verdict == RIGHT


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("../../archive/x/fullchain9.pem", "leads to number 9, and there is"),
        ("../../archive/x/fullchain11.pem", "which is not in"),
        ("../../archive/x/cert10.pem", "not to a fullchain"),
        ("../../archive/y/fullchain10.pem", "not to a fullchain in"),
        ("/etc/pki/tls/certs/mail.pem", "leads to /etc/pki/tls/certs/mail.pem"),
    ],
)
def test_a_link_elsewhere(root: Path, target: str, words: str) -> None:
    relink(root, "fullchain", target)
    found = judged(root)
    assert found.verdict == WARNING
    assert words in found.seen
    assert found.advice


def test_a_file_in_place_of_a_link(root: Path) -> None:
    path = root / LE / "live/x/privkey.pem"
    path.unlink()
    path.touch()
    found = judged(root)
    assert "privkey.pem of /etc/letsencrypt/live/x: a file and not a link" in found.seen
    assert "ln -sf /etc/letsencrypt/archive/x/privkey10.pem" in found.advice
    path.unlink()
    assert "missing" in judged(root).seen


def test_different_numbers(root: Path) -> None:
    (root / LE / "archive/x/cert10.pem").unlink()
    relink(root, "cert", "../../archive/x/cert9.pem")
    assert "different numbers: cert9.pem, chain10.pem" in judged(root).seen


def test_old_links_are_led_to_the_newest_number_of_all(root: Path) -> None:
    relink(root, "cert", "../../archive/x/cert9.pem")
    links = judged(root).cure.commands
    assert links[0] == (
        *("ln", "-sfn", "--", "/etc/letsencrypt/archive/x/cert10.pem"),
        "/etc/letsencrypt/live/x/cert.pem",
    )
    assert len(links) == len(KINDS) + 1
    (root / LE / "archive/x/privkey10.pem").unlink()
    assert not judged(root).cure


def test_no_file_of_the_operators_is_replaced_by_a_link(root: Path) -> None:
    path = root / LE / "live/x/cert.pem"
    path.unlink()
    path.touch()
    assert not judged(root).cure
