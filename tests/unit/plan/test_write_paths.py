"""A place that a run could not write is an obstacle of its plan."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.run.runs import plan
from wizard.door import Door
from wizard.host import ways
from wizard.plan.actions import (
    BuildTable,
    EnableUnit,
    KeepOriginal,
    OpenFirewall,
    PostfixCheck,
    ReplaceFile,
)
from wizard.plan.certificate_actions import Fetch, Lay, Relink, SelfSign
from wizard.plan.files import LaidFile, Link, NewFile
from wizard.plan.model import Action, Plan
from wizard.plan.undo_actions import CloseFirewall, Disable
from wizard.run.actions import kind_of_action
from wizard.run.path_obstacles import with_path_obstacles
from wizard.run.paths import Places
from wizard.run.readiness import unready

Break = Callable[[Path], None]


def as_link(path: Path) -> None:
    target = path.parent / f"{path.name}-elsewhere"
    target.mkdir()
    path.symlink_to(target.name)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def in_a_ring(path: Path) -> None:
    path.symlink_to(path.name)


def as_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")


ACTIONS: dict[str, Action] = {
    "postfix": ReplaceFile(NewFile("/etc/postfix/main.cf", b"", None)),
    "postfix .orig": KeepOriginal("/etc/postfix/main.cf", "/etc/postfix/main.cf.orig", ""),
    "postfix table": BuildTable("hash", "/etc/postfix/sender_access", ()),
    "letsencrypt": Lay("it", "/t", (LaidFile("/etc/letsencrypt/cli.ini", "missing", "x"),)),
    "letsencrypt live": Relink("a", (Link("/etc/letsencrypt/live/a/cert.pem", "x", "missing"),)),
    "letsencrypt hook": ReplaceFile(
        NewFile("/etc/letsencrypt/renewal-hooks/deploy/postfix-wizard", b"", None)
    ),
    "pki": SelfSign("/etc/pki/tls/certs/a.pem", "/etc/pki/tls/private/a.key", ("a",), 30),
    "letsencrypt gather": Fetch("root@old.example", "remote"),
    "postfix gather": Fetch("root@old.example", "remote"),
}


def problems(made: Plan, root: Path) -> list[str]:
    return [one.message for one in with_path_obstacles(made, Door(root)).obstacles]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("postfix", "letsencrypt/live/a", "letsencrypt/renewal-hooks/deploy", "pki/tls"):
        (tmp_path / "etc" / name).mkdir(parents=True)
    for name in ("certs", "private"):
        (tmp_path / "etc/pki/tls" / name).mkdir()
    return tmp_path


def made(name: str) -> Plan:
    steps = plan(("one", ACTIONS[name]))
    return Plan("", (), steps.steps, (), gathers="remote") if "gather" in name else steps


@pytest.mark.promise(44)
@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("how", [as_file, dangling, in_a_ring])
def test_a_directory_that_is_none(root: Path, name: str, how: Break) -> None:
    assert problems(made(name), root) == []
    directory = name.split(" ", maxsplit=1)[0]
    there = root / "etc" / directory
    there.rename(root / "moved")
    how(there)
    (found,) = problems(made(name), root)
    assert found.startswith(f"/etc/{directory} is "), found


@pytest.mark.promise(44)
@pytest.mark.parametrize("name", ACTIONS)
def test_a_link_of_roots_is_followed(root: Path, name: str) -> None:
    directory = name.split(" ", maxsplit=1)[0]
    (root / "srv").mkdir()
    (root / "etc" / directory).rename(root / "srv/moved")
    (root / "srv/way").symlink_to("moved")
    (root / "etc" / directory).symlink_to("/srv/way")
    assert problems(made(name), root) == []
    said = with_path_obstacles(made(name), Door(root)).warnings
    assert f"/etc/{directory} is a link: this run writes to /srv/moved instead." in said


@pytest.mark.parametrize("part", ["live", "live/a"])
def test_a_link_in_live_would_cut_the_links_below_it(root: Path, part: str) -> None:
    there = root / "etc/letsencrypt" / part
    there.rename(root / "moved")
    as_link(there)
    (found,) = problems(made("letsencrypt live"), root)
    path = f"/etc/letsencrypt/{part}"
    assert found.startswith(f"{path} is a symbolic link to ")
    assert f"mount --bind {there.name}-elsewhere {path}" in found


def test_nothing_is_said_of_what_is_not_written(root: Path) -> None:
    (root / "etc/letsencrypt/live").rename(root / "moved")
    as_link(root / "etc/letsencrypt/live")
    assert problems(made("postfix"), root) == []
    assert problems(Plan("", (), (), ()), root) == []


@pytest.mark.promise(44)
def test_what_postfix_check_would_say_of_a_file_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that wrote the file would end there, and put it back."""
    file = tmp_path / "main.cf"
    file.touch(0o644)
    owners = {"uid": 0}

    def lstat(path: str) -> os.stat_result:
        status = list(Path(path).stat())
        return os.stat_result([*status[:4], owners["uid"], *status[5:]])

    monkeypatch.setattr("wizard.run.path_obstacles.os.lstat", lstat)
    checked = plan(("one", PostfixCheck((str(file), str(tmp_path / "master.cf")))))
    assert problems(checked, Path("/")) == []
    owners["uid"] = 1000
    assert problems(checked, Path("/")) == [
        f"{file} belongs to another user than root: chown root {file}"
    ]
    # The owners of a copy are whose it is.
    assert problems(checked, tmp_path) == []
    owners["uid"] = 0
    file.chmod(0o664)
    assert problems(checked, Path("/")) == [
        f"{file} can be written by others than root: chmod go-w {file}"
    ]


@pytest.mark.parametrize("kind", ["link", "hard link", "fifo", "directory"])
@pytest.mark.parametrize("name", ["postfix", "postfix .orig", "letsencrypt hook"])
def test_a_file_that_cannot_be_replaced(root: Path, name: str, kind: str) -> None:
    action = ACTIONS[name]
    assert isinstance(action, (ReplaceFile, KeepOriginal))
    path = action.original if isinstance(action, KeepOriginal) else action.file.path
    there = Path(f"{root}{path}")
    if kind == "link":
        there.symlink_to("elsewhere")
    elif kind == "fifo":
        os.mkfifo(there)
    elif kind == "directory":
        there.mkdir()
    else:
        there.write_text("")
        there.with_name("other").hardlink_to(there)
    (found,) = problems(made(name), root)
    assert found.startswith(f"{path} ")


@pytest.mark.skipif(os.geteuid() != 0, reason="owners are asked of the live host alone")
@pytest.mark.parametrize(
    ("uid", "mode", "why"),
    [
        (65534, 0o755, "belongs to another user"),
        (0, 0o777, "can be written by others than root"),
        (0, 0o775, "can be written by others than root"),
        (0, 0o1775, ""),
        (0, 0o700, ""),
    ],
)
def test_a_directory_of_others(tmp_path: Path, uid: int, mode: int, why: str) -> None:
    where = tmp_path / "conf"
    where.mkdir()
    where.chmod(mode)
    os.chown(where, uid, -1)
    one = plan(("one", ReplaceFile(NewFile(str(where / "main.cf"), b"", None))))
    found = [one.message for one in with_path_obstacles(one, Door()).obstacles]
    assert [why in one for one in found] == ([True] if why else [])


@pytest.mark.promise(44)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_file_that_is_a_mount_cannot_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "main.cf"
    for one in (path, tmp_path / "other"):
        one.write_text("")
    subprocess.run(["mount", "--bind", tmp_path / "other", path], check=True)
    try:
        made_of = plan(("one", ReplaceFile(NewFile(str(path), b"", None))))
        (found,) = with_path_obstacles(made_of, Door()).obstacles
    finally:
        subprocess.run(["umount", path], check=True)
    assert found.message == f"{path} is a mount of its own, which cannot be replaced: umount {path}"


def test_a_directory_that_is_to_be_made_is_not_taken_for_the_one_above(root: Path) -> None:
    (root / "etc/letsencrypt/renewal-hooks/deploy").rmdir()
    (root / "etc/letsencrypt/renewal-hooks/postfix-wizard").mkdir()
    assert problems(made("letsencrypt hook"), root) == []


@pytest.mark.promise(44)
def test_the_answers_and_the_runs_have_a_way_too(tmp_path: Path) -> None:
    places = Places(*(tmp_path / name for name in ("state", "run", "etc/answers.toml")))
    one = plan(("one", ReplaceFile(NewFile(str(tmp_path / "main.cf"), b"", None))))
    assert unready(places, one, by_systemd=False) == ()
    as_link(tmp_path / "etc")
    (found,) = unready(places, one, by_systemd=False)
    assert found.message.startswith(f"{tmp_path}/etc is a symbolic link to ")


def flag(path: Path, key: str) -> None:
    """Set a flag of chattr(1). An overlay or tmpfs has none: there is nothing to test on these."""
    done = subprocess.run(["chattr", f"+{key}", path], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("this file system has no such flags")


@pytest.mark.promise(44)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root sets flags")
@pytest.mark.parametrize("what", ["main.cf", "main.cf.db", "."])
@pytest.mark.parametrize(("key", "word"), [("i", "immutable"), ("a", "append-only")])
def test_flags(tmp_path: Path, what: str, key: str, word: str) -> None:
    path = tmp_path / "main.cf"
    for one in (path, tmp_path / "main.cf.db"):
        one.write_text("")
    table = plan(("one", BuildTable("hash", str(path), ())))
    assert with_path_obstacles(table, Door()).obstacles == ()
    flag(tmp_path / what, key)
    try:
        (found,) = with_path_obstacles(table, Door()).obstacles
    finally:
        subprocess.run(["chattr", f"-{key}", tmp_path / what], check=True)
    there = str(tmp_path / what) if what != "." else str(tmp_path)
    assert found.message == f"{there} is {word}: chattr -{key} {there}"


@pytest.mark.promise(44)
@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("one/../../way-real", ""),
        ("two", ""),
        ("sticky/in", ""),
        ("name\nof two lines", ""),
        ("of-a-user", "of-a-user is a symbolic link of another user"),
        ("users/link", "users belongs to another user"),
        ("users/../way-real", ""),
        ("sticky/planted", "sticky/planted is a symbolic link of another user"),
        ("loose/in", "loose can be written by others"),
        ("fifo", "fifo is not a directory"),
    ],
)
@pytest.mark.skipif(os.geteuid() != 0, reason="owners are asked of the live host alone")
def test_where_a_link_may_lead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, why: str
) -> None:
    monkeypatch.setattr(ways, "FOLLOWED", (f"{tmp_path}/way",))
    for name in ("one", "way-real", "sticky/in", "users", "loose/in", "name\nof two lines"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "sticky").chmod(0o1777)
    (tmp_path / "loose").chmod(0o777)
    os.mkfifo(tmp_path / "fifo")
    for link in ("two", "of-a-user"):
        (tmp_path / link).symlink_to("way-real")
    for link in ("users/link", "sticky/planted"):
        (tmp_path / link).symlink_to("../way-real")
    for name in ("users", "of-a-user", "sticky/planted"):
        os.lchown(tmp_path / name, 65534, -1)
    target = target.replace("one/../../", f"one/../../{tmp_path.name}/")
    (tmp_path / "way").symlink_to(target)
    one = plan(("one", ReplaceFile(NewFile(f"{tmp_path}/way/main.cf", b"", None))))
    found = [one.message for one in with_path_obstacles(one, Door()).obstacles]
    assert [why in one for one in found] == ([True] if why else [])


@pytest.mark.promise(44)
@pytest.mark.parametrize("path", [f"/etc/{'x' * 300}", f"/etc/{'x' * 300}/main.cf"])
def test_a_name_that_is_too_long_is_an_obstacle(path: str) -> None:
    one = plan(("one", ReplaceFile(NewFile(path, b"", None))))
    (found,) = with_path_obstacles(one, Door()).obstacles
    assert found.message.startswith(f"{path.removesuffix('/main.cf')}: ")


@pytest.mark.promise(44)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives links away")
def test_a_link_of_another_user_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "FOLLOWED", (f"{tmp_path}/way",))
    (tmp_path / "real").mkdir()
    (tmp_path / "way").symlink_to("real")
    one = plan(("one", ReplaceFile(NewFile(f"{tmp_path}/way/main.cf", b"", None))))
    assert with_path_obstacles(one, Door()).obstacles == ()
    os.lchown(tmp_path / "way", 65534, -1)
    (found,) = with_path_obstacles(one, Door()).obstacles
    assert "is a symbolic link of another user" in found.message


@pytest.mark.promise(44)
def test_the_way_back_goes_through_the_same_places() -> None:
    """An undo would stop half-way where firewalld or systemd cannot write."""
    pairs = (
        (
            OpenFirewall("public", ("smtp",), ("smtp",)),
            CloseFirewall("public", ("smtp",)),
        ),
        (EnableUnit("postfix", "disabled"), Disable("postfix")),
        (EnableUnit("dovecot", "disabled"), Disable("dovecot")),
    )
    for there, back in pairs:
        written, again = (kind_of_action(one).others_write(one) for one in (there, back))
        assert tuple(written) == tuple(again) != ()
