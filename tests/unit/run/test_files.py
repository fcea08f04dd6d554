from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.errors import Trouble
from wizard.host import ways
from wizard.run import files
from wizard.run.files import keep_original, make_link, read, replace

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="owners, mounts and ACLs need root")

OLD = b"# \xff old\r\nmyhostname = a"
NEW = b"# \xff new\r\nmyhostname = b"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "main.cf"
    path.write_bytes(OLD)
    path.chmod(0o640)
    os.chown(path, 0, 12)
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    where = tmp_path / "tiny"
    where.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0755", "tiny", where], check=True)
    yield where
    subprocess.run(["umount", where], check=True)


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Path]:
    where = tmp_path / "frozen"
    where.mkdir()
    (where / "main.cf").write_bytes(OLD)
    subprocess.run(["mount", "--bind", where, where], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", where], check=True)
    yield where
    subprocess.run(["umount", where], check=True)


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@pytest.mark.promise(9)
def test_a_file_is_replaced_with_owner_mode_and_attributes_of_the_old(old: Path) -> None:
    os.setxattr(old, "user.note", b"\x00kept")
    replace(str(old), NEW, read(str(old)), mode=0o600)
    status = old.stat()
    assert old.read_bytes() == NEW
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 12, 0o640)
    assert os.getxattr(old, "user.note") == b"\x00kept"
    assert names(old.parent) == {"main.cf"}


def acl(*entries: tuple[int, int, int]) -> bytes:
    """The xattr form of an ACL: version 2, then tag, permissions, id (acl(5))."""
    packed = b"".join(
        tag.to_bytes(2, "little") + permissions.to_bytes(2, "little") + who.to_bytes(4, "little")
        for tag, permissions, who in entries
    )
    return (2).to_bytes(4, "little") + packed


NOBODY = 0xFFFFFFFF
LET_12_READ = acl((1, 6, NOBODY), (2, 4, 12), (4, 4, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY))


@pytest.mark.promise(9)
def test_the_acl_of_the_old_file_is_kept(old: Path) -> None:
    os.setxattr(old, "system.posix_acl_access", LET_12_READ)
    before = os.getxattr(old, "system.posix_acl_access")
    replace(str(old), NEW, read(str(old)))
    assert os.getxattr(old, "system.posix_acl_access") == before


@pytest.mark.promise(9)
def test_a_directorys_default_acl_does_not_creep_in(old: Path) -> None:
    os.setxattr(old.parent, "system.posix_acl_default", LET_12_READ)
    replace(str(old), NEW, read(str(old)))
    assert "system.posix_acl_access" not in os.listxattr(old)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640


def test_a_new_file_is_roots_with_the_mode_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "sender_access"
    replace(str(path), NEW, None, mode=0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert path.read_bytes() == NEW


def test_the_time_asked_for_is_borne(old: Path) -> None:
    replace(str(old), NEW, read(str(old)), mtime_ns=1_000_000_000_123_456_789)
    assert old.stat().st_mtime_ns == 1_000_000_000_123_456_789


@pytest.mark.promise(14)
def test_what_stands_where_nothing_was_is_not_replaced(old: Path) -> None:
    with pytest.raises(Trouble, match="changed at this very moment"):
        replace(str(old), NEW, None)
    assert old.read_bytes() == OLD
    assert names(old.parent) == {"main.cf"}


@pytest.mark.promise(14)
def test_a_file_that_changed_since_it_was_read_is_not_replaced(old: Path) -> None:
    held = read(str(old))
    old.write_bytes(OLD + b"more")
    with pytest.raises(Trouble, match="changed at this very moment"):
        replace(str(old), NEW, held)
    assert old.read_bytes() == OLD + b"more"


@pytest.mark.promise(9)
def test_a_full_disk_leaves_the_old_file_and_no_other(tiny: Path) -> None:
    path = tiny / "main.cf"
    path.write_bytes(OLD)
    with pytest.raises(Trouble, match=r"main\.cf: No space left on device.*df"):
        replace(str(path), b"x" * 200_000, read(str(path)))
    assert path.read_bytes() == OLD
    assert names(tiny) == {"main.cf"}


@pytest.mark.promise(9)
def test_a_read_only_disk_leaves_the_old_file_and_no_other(frozen: Path) -> None:
    path = frozen / "main.cf"
    with pytest.raises(Trouble, match=r"main\.cf: Read-only file system.*writable"):
        replace(str(path), NEW, read(str(path)))
    assert path.read_bytes() == OLD
    assert names(frozen) == {"main.cf"}


@pytest.mark.promise(10)
def test_a_mount_at_the_target_is_refused(old: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"other")
    subprocess.run(["mount", "--bind", other, old], check=True)
    try:
        with pytest.raises(Trouble, match="busy"):
            replace(str(old), NEW, read(str(old)))
    finally:
        subprocess.run(["umount", old], check=True)
    assert old.read_bytes() == OLD
    assert other.read_bytes() == b"other"
    assert names(tmp_path) == {"main.cf", "other"}


@pytest.mark.promise(10)
def test_links_at_the_target_are_refused(old: Path) -> None:
    soft, hard = old.with_name("soft"), old.with_name("hard")
    soft.symlink_to(old)
    with pytest.raises(Trouble, match="symbolic link"):
        read(str(soft))
    with pytest.raises(Trouble, match=r"no regular file|changed at this very"):
        replace(str(soft), NEW, None)
    os.link(old, hard)
    with pytest.raises(Trouble, match="2 names"):
        read(str(hard))
    assert old.read_bytes() == OLD


@pytest.mark.promise(10)
def test_a_hard_link_made_after_the_reading_is_refused(old: Path) -> None:
    held = read(str(old))
    os.link(old, old.with_name("hard"))
    with pytest.raises(Trouble, match="2 names"):
        replace(str(old), NEW, held)
    assert old.read_bytes() == OLD


@pytest.mark.promise(10)
@pytest.mark.parametrize("kind", ["fifo", "directory", "socket"])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "odd"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        os.mknod(path, stat.S_IFSOCK | 0o600)
    with pytest.raises(Trouble):
        read(str(path))


@pytest.mark.promise(10)
def test_a_link_on_the_way_is_refused(old: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(tmp_path)
    with pytest.raises(Trouble, match=r"way is a symbolic link to .*does not follow"):
        read(str(tmp_path / "way" / old.name))


def test_a_link_of_roots_is_followed_where_that_is_allowed(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "way").symlink_to("other")
    (tmp_path / "other").symlink_to(f"{tmp_path}/there/../real")
    for name in ("real", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(ways, "FOLLOWED", (f"{tmp_path}/way",))
    replace(f"{tmp_path}/way/{old.name}", NEW, None)
    assert (tmp_path / "real" / old.name).read_bytes() == NEW
    (tmp_path / "real").chmod(0o757)
    with pytest.raises(Trouble, match="real can be written by others"):
        read(f"{tmp_path}/way/{old.name}")
    (tmp_path / "other").unlink()
    (tmp_path / "other").symlink_to("way")
    with pytest.raises(Trouble, match="does not follow"):
        read(f"{tmp_path}/way/{old.name}")


@pytest.mark.promise(10)
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_a_directory_that_others_may_write_in_is_refused(
    old: Path, tmp_path: Path, mode: int
) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(Trouble, match="can be written by others"):
        replace(str(old), NEW, None)
    tmp_path.chmod(0o700)
    assert old.read_bytes() == OLD


def test_a_sticky_directory_of_a_group_is_as_named_has_it(old: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o1770)
    replace(str(old), NEW, read(str(old)))
    tmp_path.chmod(0o700)
    assert old.read_bytes() == NEW


@pytest.mark.promise(10)
def test_a_strangers_directory_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    os.chown(theirs, 1000, 1000)
    with pytest.raises(Trouble, match="belongs to another user"):
        replace(str(theirs / "main.cf"), NEW, None)


@pytest.mark.parametrize("path", ["main.cf", "/etc/../x", "/"])
def test_a_path_that_is_no_plain_absolute_one_is_refused(path: str) -> None:
    with pytest.raises(Trouble, match="no absolute path"):
        read(path)


@pytest.mark.promise(9)
def test_what_a_killed_worker_left_is_swept_away(old: Path) -> None:
    left = old.with_name(f".main.cf{files.MARK}0123456789abcdef")
    left.write_bytes(b"half")
    replace(str(old), NEW, read(str(old)))
    assert names(old.parent) == {"main.cf"}


@pytest.mark.promise(8)
def test_an_original_is_a_whole_copy_and_made_once(old: Path) -> None:
    os.utime(old, ns=(1, 1_000_000_000_000_000_001))
    os.setxattr(old, "user.note", b"kept")
    original = old.with_name("main.cf.orig")
    held = read(str(old))
    assert held is not None
    assert keep_original(str(old), str(original), held)
    status = original.stat()
    assert original.read_bytes() == OLD
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 12, 0o640)
    assert (status.st_atime_ns, status.st_mtime_ns) == (
        held.metadata.atime_ns,
        1_000_000_000_000_000_001,
    )
    assert os.getxattr(original, "user.note") == b"kept"
    assert names(old.parent) == {"main.cf", "main.cf.orig"}
    old.write_bytes(NEW)
    newer = read(str(old))
    assert newer is not None
    assert not keep_original(str(old), str(original), newer)
    assert original.read_bytes() == OLD


@pytest.mark.promise(10)
def test_a_link_planted_at_the_originals_name_is_refused(old: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"victim")
    original = old.with_name("main.cf.orig")
    original.symlink_to(victim)
    held = read(str(old))
    assert held is not None
    with pytest.raises(Trouble, match="symbolic link"):
        keep_original(str(old), str(original), held)
    original.unlink()
    original.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Trouble, match="symbolic link"):
        keep_original(str(old), str(original), held)
    assert victim.read_bytes() == b"victim"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.promise(8, 9)
def test_an_original_on_a_full_disk_leaves_nothing(tiny: Path) -> None:
    path = tiny / "main.cf"
    path.write_bytes(b"x" * 40_000)
    held = read(str(path))
    assert held is not None
    with pytest.raises(Trouble, match="No space left"):
        keep_original(str(path), str(tiny / "main.cf.orig"), held)
    assert names(tiny) == {"main.cf"}


def test_a_link_takes_a_files_place_at_once(old: Path) -> None:
    make_link(str(old), "../../archive/x/cert1.pem", read(str(old)))
    assert str(old.readlink()) == "../../archive/x/cert1.pem"
    make_link(str(old), "other", "../../archive/x/cert1.pem")
    assert str(old.readlink()) == "other"
    assert names(old.parent) == {"main.cf"}
