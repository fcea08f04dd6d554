"""The candidate package: what is read of it, and what dnf's failures mean."""

from __future__ import annotations

import io
import os
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.door import Outcome
from wizard.host.facts import FileFacts
from wizard.host.package_files import _seed, fetch_trouble, members
from wizard.host.read import laid
from wizard.paths import ALIASES


def archive(*entries: tuple[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, text in entries:
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
        link = tarfile.TarInfo("./etc/postfix/master.cf")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/shadow"
        tar.addfile(link)
    return written.getvalue()


def test_members() -> None:
    found = members(
        archive(
            ("./usr/share/main.cf", b"other"),
            ("./etc/postfix/main.cf", b"main"),
            ("./etc/postfix/master.cf", b"master"),
        )
    )
    assert found == {"/etc/postfix/main.cf": b"main", "/etc/postfix/master.cf": b"master"}


def test_the_package_may_have_aliases() -> None:
    found = members(
        archive(
            ("./etc/aliases", b"root: taro\n"), ("./etc/aliases.db", b"x"), ("etc/main.cf", b"y")
        )
    )
    assert found == {"/etc/aliases": b"root: taro\n"}


THERE = {
    "none": (FileFacts(ALIASES, None, None), True),
    "a file": (FileFacts(ALIASES, b"", None), False),
    "a link to nowhere": (FileFacts(ALIASES, None, None, is_link=True), False),
    "one that cannot be read": (FileFacts(ALIASES, None, None, why="a directory"), False),
}


@pytest.mark.parametrize(("there", "is_laid"), THERE.values(), ids=THERE)
def test_a_package_writes_only_what_is_not_there(there: FileFacts, is_laid: bool) -> None:
    written = replace(there, live=b"root: taro\n", from_package=True)
    assert laid(there, b"root: taro\n") == (written if is_laid else there)


def test_a_link_is_no_file() -> None:
    assert members(archive(("./etc/postfix/main.cf", b"main"))) == {"/etc/postfix/main.cf": b"main"}


@pytest.mark.parametrize(
    "text",
    [b"", b"rubbish", archive(("./etc/postfix/main.cf", b"x"))[:40]],
    # A gzip file bears the time, and workers side by side must call a test the same.
    ids=["nothing", "rubbish", "cut off"],
)
def test_what_is_no_archive(text: bytes) -> None:
    assert members(text) == {}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (
            'Error: There are no enabled repositories in "/etc/yum.repos.d", "/etc/yum/repos.d".',
            "no repository is enabled",
        ),
        (
            "Error: Failed to download metadata for repo 'x': Cannot prepare internal mirrorlist",
            "a repository cannot be reached",
        ),
        ("No match for argument: postfix\nError: Unable to find a match: postfix", "has a package"),
        ("Error: \n Problem: conflicting requests", "cannot be installed beside what is there"),
        ("[Errno 28] No space left on device: '/tmp/x'", "temporary files is full"),
        ("Segmentation fault", "dnf ended with 1 (Segmentation fault)"),
        ("", "dnf ended with 1"),
    ],
)
def test_what_a_failure_means(said: str, wrong: str) -> None:
    trouble = fetch_trouble(Outcome(1, b"", said.encode()), 1 << 30)
    assert wrong in trouble.wrong
    assert trouble.advice


@pytest.mark.parametrize("kind", ["exclude", "modular", "versionlock", "priority", "package lock"])
def test_the_line_with_the_reason_is_shown_and_not_the_last_one(kind: str) -> None:
    reason = f"All matches were filtered out by {kind} filtering for argument: postfix"
    said = f"Last metadata expiration check: 0:01:02 ago.\n{reason}\nError: Unable to find a match: postfix\n"
    out, _, err = said.rpartition("Error: ")
    for outcome in (
        Outcome(1, b"", said.encode()),
        Outcome(1, out.encode(), f"Error: {err}".encode()),
    ):
        assert reason in fetch_trouble(outcome, 1 << 30).wrong
    trouble = fetch_trouble(outcome, 1 << 30)
    assert "excludepkgs" in trouble.advice
    assert "AppStream" not in trouble.advice


def test_a_full_disk_is_behind_whatever_dnf_says() -> None:
    said = b"Error: SQLite error on history.sqlite: no such table: config"
    assert "temporary files is full" in fetch_trouble(Outcome(1, b"", said), 65536).wrong
    assert "setpriv" not in str(
        fetch_trouble(Outcome(127, b"", b"x: failed to execute dnf"), 1 << 30)
    )


def lists(place: Path, age: float) -> Path:
    files = {
        "appstream.solv": "solv",
        "expired_repos.json": "[]",
        "appstream-01ab/repodata/repomd.xml": "md",
        "appstream-01ab/repodata/77-primary.xml.gz": "primary",
        "appstream-01ab/mirrorlist": "list",
        "appstream-01ab/packages/big.rpm": "rpm",
    }
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (time.time() - age,) * 2)
    return place


def test_fresh_lists_are_used_where_they_lie(tmp_path: Path) -> None:
    system, cache = lists(tmp_path / "system", 3600), tmp_path / "cache"
    assert _seed(system, cache, time.time())
    assert sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file()) == [
        "appstream-01ab/mirrorlist",
        "appstream-01ab/repodata/77-primary.xml.gz",
        "appstream-01ab/repodata/repomd.xml",
        "appstream.solv",
    ]
    assert not any(path.is_symlink() for path in cache.rglob("*") if path.is_dir())


def test_old_lists_are_not(tmp_path: Path) -> None:
    system, cache = lists(tmp_path / "system", 49 * 3600), tmp_path / "cache"
    assert not _seed(system, cache, time.time())
    assert not cache.exists()
    assert not _seed(tmp_path / "nowhere", cache, time.time())
