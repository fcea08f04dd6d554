"""Lineages: which number live/ stood at, which number can serve, what to link."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.certificates.tree import Authority, Issued, LetsEncrypt
from wizard.certificates.lineage import name_problem, read_lineages, relink_targets
from wizard.certificates.model import Lineage
from wizard.door import Door

NAME = "zeke.ne.jp"
PEM = "the two are no certificate and key in PEM form"


def read(tree: LetsEncrypt) -> Lineage:
    (lineage,) = read_lineages(Door(tree.root))
    return lineage


def states(lineage: Lineage) -> list[tuple[str, object]]:
    return [(file.state, file.number) for file in lineage.files]


def test_whole_links_are_read_as_they_are(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.archive(NAME, 2, issues[1])
    letsencrypt.link(NAME, 2)
    lineage = read(letsencrypt)
    assert lineage.linked
    assert lineage.number == 2
    assert lineage.problem == ""
    assert [file.name for file in lineage.files] == [
        "cert.pem",
        "chain.pem",
        "fullchain.pem",
        "privkey.pem",
    ]
    assert lineage.names == ("zeke.ne.jp", "*.zeke.ne.jp")
    assert lineage.not_after - lineage.not_before == 90 * 86400
    assert lineage.serial.isalnum()
    assert lineage.serial == lineage.serial.upper()
    assert relink_targets(lineage) == ()


def test_a_link_to_an_older_number_is_the_operators_and_stays(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.archive(NAME, 2, issues[1])
    letsencrypt.link(NAME, 1)
    lineage = read(letsencrypt)
    assert (lineage.number, lineage.linked) == (1, True)


def test_flattened_files_are_linked_to_the_number_they_equal(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    """The chain is the same in every number, and must not lead astray."""
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.archive(NAME, 2, issues[1])
    letsencrypt.flatten(NAME, 1)
    lineage = read(letsencrypt)
    assert states(lineage) == [("file", 1)] * 4
    assert lineage.number == 1
    assert not lineage.linked
    assert relink_targets(lineage) == (
        ("/etc/letsencrypt/live/zeke.ne.jp/cert.pem", "../../archive/zeke.ne.jp/cert1.pem"),
        ("/etc/letsencrypt/live/zeke.ne.jp/chain.pem", "../../archive/zeke.ne.jp/chain1.pem"),
        (
            "/etc/letsencrypt/live/zeke.ne.jp/fullchain.pem",
            "../../archive/zeke.ne.jp/fullchain1.pem",
        ),
        ("/etc/letsencrypt/live/zeke.ne.jp/privkey.pem", "../../archive/zeke.ne.jp/privkey1.pem"),
    )


def test_what_stands_there_is_told_as_a_run_looks_at_it(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.link(NAME, 1, ("cert",))
    letsencrypt.link(NAME, 7, ("chain",))
    letsencrypt.flatten(NAME, 1, ("privkey",))
    assert [file.was for file in read(letsencrypt).files] == [
        "link:../../archive/zeke.ne.jp/cert1.pem",
        "link:../../archive/zeke.ne.jp/chain7.pem",
        "missing",
        f"file:{hashlib.sha256(issues[0].privkey).hexdigest()}",
    ]


def test_numbers_have_gaps_and_ten_is_more_than_nine(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    for number, issued in ((2, issues[0]), (9, issues[1]), (10, issues[2])):
        letsencrypt.archive(NAME, number, issued)
    letsencrypt.live(NAME)
    lineage = read(letsencrypt)
    assert lineage.number == 10
    assert states(lineage) == [("missing", None)] * 4
    assert len(relink_targets(lineage)) == 4


def test_half_flattened_only_the_files_are_linked_again(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.archive(NAME, 2, issues[1])
    letsencrypt.link(NAME, 2, ("cert", "chain"))
    letsencrypt.flatten(NAME, 2, ("fullchain", "privkey"))
    lineage = read(letsencrypt)
    assert states(lineage) == [("link", 2), ("link", 2), ("file", 2), ("file", 2)]
    assert [path.rpartition("/")[2] for path, _ in relink_targets(lineage)] == [
        "fullchain.pem",
        "privkey.pem",
    ]


def test_where_the_held_number_is_not_whole_the_newest_that_is_takes_its_place(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    for number, issued in enumerate(issues, 1):
        letsencrypt.archive(NAME, number, issued)
    letsencrypt.link(NAME, 3)
    (letsencrypt.home / "archive" / NAME / "privkey3.pem").write_bytes(issues[0].privkey)
    lineage = read(letsencrypt)
    assert lineage.number == 2
    assert states(lineage) == [("link", 3)] * 4
    assert not lineage.linked
    assert len(relink_targets(lineage)) == 4


def test_a_broken_link_does_not_count(letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.link(NAME, 4)
    lineage = read(letsencrypt)
    assert states(lineage) == [("broken", None)] * 4
    assert lineage.number == 1


def test_a_link_to_elsewhere_is_broken(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.link(NAME, 1)
    path = letsencrypt.live(NAME) / "privkey.pem"
    path.unlink()
    path.symlink_to("../../archive/other/privkey1.pem")
    assert states(read(letsencrypt))[3] == ("broken", None)


def test_an_absolute_link_into_the_archive_is_whole(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.link(NAME, 1)
    path = letsencrypt.live(NAME) / "cert.pem"
    path.unlink()
    path.symlink_to("/etc/letsencrypt/archive/zeke.ne.jp/cert1.pem")
    assert read(letsencrypt).linked


def test_files_of_another_issue_than_any_in_the_archive(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.flatten(NAME, 1)
    (letsencrypt.live(NAME) / "cert.pem").write_bytes(issues[1].cert)
    lineage = read(letsencrypt)
    assert states(lineage)[0] == ("file", None)
    assert lineage.number == 1


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda archive: (archive / "chain1.pem").unlink(), "holds no number with all four files"),
        (shutil.rmtree, "holds no number with all four files"),
        (
            lambda archive: (archive / "fullchain1.pem").write_text("rubbish"),
            PEM,
        ),
        (
            lambda archive: (archive / "privkey1.pem").write_text(""),
            PEM,
        ),
        (
            lambda archive: (
                (archive / "privkey1.pem").unlink(),
                (archive / "privkey1.pem").mkdir(),
            ),
            "something else than a file stands there",
        ),
        (
            lambda archive: (
                (archive / "privkey1.pem").unlink(),
                (archive / "privkey1.pem").symlink_to("privkey1.pem"),
            ),
            "Too many levels of symbolic links",
        ),
    ],
)
def test_what_cannot_serve_says_why(
    letsencrypt: LetsEncrypt,
    issues: tuple[Issued, ...],
    spoil: Callable[[Path], object],
    problem: str,
) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.link(NAME, 1)
    spoil(letsencrypt.home / "archive" / NAME)
    lineage = read(letsencrypt)
    assert problem in lineage.problem
    assert lineage.number is None
    assert not lineage.linked
    assert relink_targets(lineage) == ()


def test_a_key_of_another_certificate(letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]) -> None:
    letsencrypt.archive(NAME, 1, issues[0])
    (letsencrypt.home / "archive" / NAME / "privkey1.pem").write_bytes(issues[1].privkey)
    letsencrypt.link(NAME, 1)
    assert "the key does not belong to the certificate" in read(letsencrypt).problem


def test_a_key_behind_a_password_is_never_asked_for(
    letsencrypt: LetsEncrypt, authority: Authority, issues: tuple[Issued, ...]
) -> None:
    letsencrypt.archive(NAME, 1, authority.locked(issues[0]))
    letsencrypt.link(NAME, 1)
    assert "locked with a password" in read(letsencrypt).problem


def test_no_link_leads_out_of_the_root(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "privkey1.pem"
    outside.write_bytes(issues[0].privkey)
    letsencrypt.archive(NAME, 1, issues[0])
    letsencrypt.link(NAME, 1)
    inside = letsencrypt.home / "archive" / NAME / "privkey1.pem"
    inside.unlink()
    inside.symlink_to(outside)
    assert "is not there" in read(letsencrypt).problem


def test_many_names_come_in_order_and_files_are_no_lineages(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...]
) -> None:
    for name in (f"d{number:02}.example" for number in range(40)):
        letsencrypt.archive(name, 1, issues[0])
        letsencrypt.link(name, 1)
    lineages = read_lineages(Door(letsencrypt.root))
    assert [one.name for one in lineages] == [f"d{number:02}.example" for number in range(40)]
    assert all(one.linked and one.serial for one in lineages)


@pytest.mark.parametrize(
    "name", ["-rf", "a..b", "a b", "a\nb", "\x1b]0;x\x07", "$config", "..x", "a#b", "ä.example"]
)
def test_a_hostile_name_is_told_and_never_used(
    letsencrypt: LetsEncrypt, issues: tuple[Issued, ...], name: str
) -> None:
    letsencrypt.archive(name, 1, issues[0])
    letsencrypt.live(name)
    lineage = read(letsencrypt)
    assert lineage.problem == name_problem(name) != ""
    assert lineage.name.isprintable()
    assert lineage.number is None
    assert relink_targets(lineage) == ()


def test_a_name_that_is_no_text(letsencrypt: LetsEncrypt) -> None:
    (letsencrypt.home / "live" / os.fsdecode(b"\xff\xfe")).mkdir()
    assert read(letsencrypt).name.isascii()


@pytest.mark.parametrize("name", ["zeke.ne.jp", "zeke.ne.jp-0001", "_x", "xn--bcher-kva.example"])
def test_names_that_certbot_gives_are_used(name: str) -> None:
    assert name_problem(name) == ""


def test_no_letsencrypt_at_all(tmp_path: Path) -> None:
    assert read_lineages(Door(tmp_path)) == ()
