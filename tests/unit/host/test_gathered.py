"""What gather runs brought, read back: whole trees only, and nothing odd of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.certificates.tree import Authority, LetsEncrypt
from wizard.certificates.modes import file_mode
from wizard.door import Door
from wizard.host.gathered import (
    LARGEST_FILE,
    NOTE,
    Note,
    note_from_bytes,
    note_to_bytes,
    read_gathered,
    walk,
)

NOW = 1_800_000_000


@pytest.fixture
def tree(tmp_path: Path) -> LetsEncrypt:
    """A copied tree with one lineage of two numbers, flattened as scp leaves it."""
    issues = Authority(tmp_path)
    made = LetsEncrypt(tmp_path / "gathered/remote")
    for number in (1, 2):
        made.archive("zeke.jp", number, issues.issue("zeke.jp"))
    made.flatten("zeke.jp", 2)
    note(made, Note("root@old", NOW))
    return made


def note(tree: LetsEncrypt, said: Note) -> None:
    (tree.root / NOTE).write_bytes(note_to_bytes(said))


def test_a_tree_is_read_as_a_host_is(tree: LetsEncrypt, tmp_path: Path) -> None:
    (gathered,) = read_gathered(Door(), tmp_path / "gathered")
    assert (gathered.source, gathered.origin, gathered.at) == ("remote", "root@old", NOW)
    assert gathered.tree == str(tree.root)
    (lineage,) = gathered.lineages
    assert (lineage.name, lineage.number, lineage.problem) == ("zeke.jp", 2, "")
    assert lineage.names == ("zeke.jp",)
    files = {file.path: file for file in gathered.files}
    assert len(files) == 4 + 8 + 1
    key = files["/etc/letsencrypt/archive/zeke.jp/privkey2.pem"]
    assert key.here == "missing"
    assert gathered.remarks == ()


def test_what_the_gather_run_found_of_a_chain_counts(tree: LetsEncrypt, tmp_path: Path) -> None:
    note(tree, Note("root@old", NOW, {"zeke.jp": "not signed"}, ("something odd",)))
    (gathered,) = read_gathered(Door(), tmp_path / "gathered")
    assert gathered.lineages[0].problem == "not signed"
    assert gathered.remarks == ("something odd",)


@pytest.mark.promise(4)
@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b'{"version": 2}', b'{"version": 1, "origin": "x"}', b"\xff", b"null"],
)
def test_without_a_note_it_counts_as_nothing(
    tree: LetsEncrypt, tmp_path: Path, text: bytes
) -> None:
    (tree.root / NOTE).write_bytes(text)
    assert read_gathered(Door(), tmp_path / "gathered") == ()
    with pytest.raises(ValueError, match=r"note|version|Expecting|decode"):
        note_from_bytes(text)


def test_what_is_being_filled_counts_as_nothing(tree: LetsEncrypt, tmp_path: Path) -> None:
    tree.root.rename(tmp_path / "gathered/.remote-0123")
    assert read_gathered(Door(), tmp_path / "gathered") == ()
    assert read_gathered(Door(), tmp_path / "nowhere") == ()


@pytest.mark.promise(10, 21)
def test_what_is_odd_is_told_and_left_out(tree: LetsEncrypt) -> None:
    archive = tree.home / "archive/zeke.jp"
    (archive / "link").symlink_to("/etc/shadow")
    (archive / "round").symlink_to("..")
    os.mkfifo(archive / "fifo")
    (archive / "evil\x1b]0;x\x07").write_text("x")
    (archive / "new\nline").write_text("x")
    (archive / os.fsdecode(b"caf\xe9")).write_text("x")
    with (archive / "big").open("wb") as big:
        big.truncate(LARGEST_FILE + 1)
    (archive / "big").rename(tree.home / "big.ini")
    deep = tree.home.joinpath("renewal", *["round"] * 40)
    deep.mkdir(parents=True)
    (deep / "x").write_text("x")
    (archive / "shadow").write_text("followed by scp from a link that led out")
    (tree.home / "live/-oProxyCommand=x").mkdir()
    (tree.home / "live/a..b").mkdir()
    files, odd = walk(Door(tree.root))
    assert len(files) == 4 + 8 + 1
    told = "\n".join(odd)
    assert len(odd) == 11
    for words in (
        "link is left out: it is no plain file",
        "it has 1048577 bytes",
        "renewal/round is left out: it is no directory of certbot's",
        "shadow is left out: it is no file of certbot's",
        "live/-oProxyCommand=x is left out",
    ):
        assert words in told, words
    assert not set(told) & set("\x1b\x07")
    assert told.count("no such name is certbot's") == 3
    told.encode()


@pytest.mark.usefixtures("tree")
def test_what_is_here_already_is_told_by_hash(tmp_path: Path) -> None:
    here = LetsEncrypt(tmp_path / "host")
    own = Authority(tmp_path).issue("zeke.jp")
    here.archive("zeke.jp", 1, own)
    here.archive("zeke.jp", 5, own)
    here.link("zeke.jp", 5)
    os.mkfifo(here.home / "renewal")
    inside = tmp_path / "host/gathered"
    (tmp_path / "gathered").rename(inside)
    (gathered,) = read_gathered(Door(tmp_path / "host"), Path("/gathered"))
    files = {file.path: file for file in gathered.files}
    top = "/etc/letsencrypt"
    assert files[f"{top}/archive/zeke.jp/cert2.pem"].here == "missing"
    assert files[f"{top}/archive/zeke.jp/cert1.pem"].here.startswith("file:")
    assert files[f"{top}/live/zeke.jp/cert.pem"].here == "link:../../archive/zeke.jp/cert5.pem"
    assert [path for path, _ in gathered.here_only] == [
        f"{top}/archive/zeke.jp/{kind}5.pem" for kind in ("cert", "chain", "fullchain", "privkey")
    ]


def test_what_certbot_and_its_plugins_have_is_taken(tree: LetsEncrypt) -> None:
    own = (
        "accounts/acme-v02.api.letsencrypt.org/directory/0123/regr.json",
        "csr/0000_csr-certbot.pem",
        "keys/0000_key-certbot.pem",
        "renewal/zeke.jp.conf",
        "renewal-hooks/deploy/postfix",
        "cli.ini",
        ".updated-options-ssl-nginx-conf-digest.txt",
        "cloudflare.ini",
    )
    for name in own:
        (tree.home / name).parent.mkdir(parents=True, exist_ok=True)
        (tree.home / name).write_text("x")
    files, odd = walk(Door(tree.root))
    assert odd == ()
    assert {f"/etc/letsencrypt/{name}" for name in own} <= set(files)


@pytest.mark.promise(36)
@pytest.mark.parametrize(
    "name", ["x;reboot", "$(reboot)", "a b", "`x`", "x|y", "a'b", "~&", "*", "<x"]
)
def test_a_hook_whose_name_a_shell_would_obey_is_left_out(tree: LetsEncrypt, name: str) -> None:
    """certbot runs a hook by its path, through a shell (certbot/compat/misc.py)."""
    hooks = tree.home / "renewal-hooks/deploy"
    hooks.mkdir(parents=True)
    for one in (name, "nginx-reload.sh", "再起動"):
        (hooks / one).write_text("exit 0\n")
        (hooks / one).chmod(0o755)
    files, odd = walk(Door(tree.root))
    assert [path.rpartition("/")[2] for path in files if "/renewal-hooks/" in path] == [
        "nginx-reload.sh",
        "再起動",
    ]
    assert [one for one in odd if "it is no file of certbot's" in one]


@pytest.mark.promise(35)
@pytest.mark.parametrize("mode", [0o644, 0o666])
def test_a_hook_that_is_turned_off_here_is_not_turned_on(
    tree: LetsEncrypt, tmp_path: Path, mode: int
) -> None:
    """The same text there can be run; here somebody took that away."""
    for home, has in ((tree.home, 0o4755), (tmp_path / "host/etc/letsencrypt", mode)):
        hook = home / "renewal-hooks/deploy/x"
        hook.parent.mkdir(parents=True)
        hook.write_text("#!/bin/sh\nreboot\n")
        hook.chmod(has)
    inside = tmp_path / "host/gathered"
    (tmp_path / "gathered").rename(inside)
    (gathered,) = read_gathered(Door(tmp_path / "host"), Path("/gathered"))
    (found,) = [file for file in gathered.files if file.path.endswith("/deploy/x")]
    assert file_mode(found.path, found.mode) == 0o600
    assert found.foreign == ()


def test_a_thousand_odd_things_are_counted(tree: LetsEncrypt) -> None:
    for number in range(1000):
        (tree.home / f"archive/zeke.jp/{number}").write_text("x")
    _, odd = walk(Door(tree.root))
    assert (len(odd), odd[-1]) == (21, "and 980 more things")
