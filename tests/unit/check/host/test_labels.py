"""What matchpathcon(8) says of the files that Postfix reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.check.host.labels import begin_labels, is_selinux_on
from wizard.door import Door, Running
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

ETC = "system_u:object_r:etc_t:s0"
ALIASES = "system_u:object_r:etc_aliases_t:s0"


class Policy(Door):
    """A root where SELinux is set to be on and matchpathcon prints what a test wants."""

    def __init__(self, root: Path, said: str, code: int) -> None:
        super().__init__(root)
        self.said, self.code = said, code
        self.asked: list[str] = []

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        assert argv[:2] == ("matchpathcon", "-V")
        self.asked += argv[2:]
        if self.code == 127:
            return None
        if self.code == 126:
            raise Trouble("starting matchpathcon", "Permission denied", "")
        shell = ("sh", "-c", f"printf '%s' \"$1\"; exit {self.code}", "sh", self.said)
        return Door().start(shell, timeout=timeout, data=data)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("etc/selinux/config", "etc/postfix/main.cf", "etc/aliases", "etc/aliases.lmdb"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("SELINUX=enforcing\n")
    return tmp_path


def test_a_certificates_own_file_is_looked_at_and_not_only_its_link(root: Path) -> None:
    live, archive = "etc/letsencrypt/live/x/privkey.pem", "etc/letsencrypt/archive/x/privkey1.pem"
    for path in (live, archive):
        (root / path).parent.mkdir(parents=True)
    (root / archive).write_text("key")
    (root / live).symlink_to("../../archive/x/privkey1.pem")
    (root / "etc/circle").symlink_to("circle")
    door = Policy(root, "", 0)
    list(begin_labels(door, (), (f"/{live}", "/etc/circle"))())
    assert door.asked == ["/etc/postfix/main.cf", f"/{live}", f"/{archive}", "/etc/circle"]


def look(root: Path, said: str, code: int = 0) -> tuple[list[Finding], list[str]]:
    door = Policy(root, said, code)
    return list(begin_labels(door, ("/etc/aliases", "/gone"), ("no/path",))()), door.asked


VERIFIED = "/etc/postfix/main.cf verified.\n/etc/aliases verified.\n"


def test_right_labels_of_what_is_there(root: Path) -> None:
    (found,), asked = look(root, f"{VERIFIED}/etc/aliases.lmdb verified.\n")
    assert (found.id, found.verdict, found.seen) == ("labels", RIGHT, "3 right")
    assert asked == ["/etc/postfix/main.cf", "/etc/aliases", "/etc/aliases.lmdb"]


def test_the_table_of_an_earlier_version_is_named_with_its_repair(root: Path) -> None:
    # S21: a host that was set up before the program set labels.
    said = f"{VERIFIED}/etc/aliases.lmdb has context {ETC}, should be {ALIASES}\n"
    (found,), _ = look(root, said, 1)
    assert (found.verdict, found.fatal) == (WARNING, False)
    assert found.seen == f"/etc/aliases.lmdb has {ETC}, not {ALIASES}"
    assert found.advice == "Run `restorecon -F /etc/aliases.lmdb`; then restart postfix."


def test_a_label_that_is_right_by_name_only_is_no_case_for_restorecon(root: Path) -> None:
    # S23: /etc/letsencrypt is a link to another volume, and the policy was not told.
    said = f"{VERIFIED}/etc/aliases.lmdb has context {ALIASES}, should be {ALIASES}\n"
    (found,), _ = look(root, said, 1)
    assert found.verdict == WARNING
    assert f"/etc/aliases.lmdb has {ALIASES}, which is not the policy's where" in found.seen
    assert "restorecon" not in found.advice
    assert "semanage fcontext -a -e LINK TARGET" in found.advice


def test_a_path_without_a_label_in_the_policy_is_right(root: Path) -> None:
    said = f"{VERIFIED}/etc/aliases.lmdb has context {ETC}, should be <<none>>\n"
    (found,), _ = look(root, said, 1)
    assert found.verdict == RIGHT


@pytest.mark.parametrize(
    ("said", "code", "why"),
    [
        ("", 127, "there is no matchpathcon"),
        ("", 126, "Permission denied"),
        ("", 0, "matchpathcon did not answer for each file"),
        ("oops\n", 3, "oops"),
        (f"{VERIFIED}\x1b[31m\n\n", 0, "matchpathcon did not answer for each file"),
    ],
)
def test_no_answer_is_unknown_and_fails_nothing(root: Path, said: str, code: int, why: str) -> None:
    (found,), _ = look(root, said, code)
    assert (found.verdict, found.fatal) == (UNKNOWN, False)
    assert why in found.seen
    assert found.seen.isprintable()


def test_without_selinux_nothing_is_started(root: Path) -> None:
    (root / "etc/selinux/config").write_text("SELINUX=disabled\n")
    assert look(root, "", 126) == ([], [])


def test_selinux_is_read_from_its_file(tmp_path: Path) -> None:
    assert not is_selinux_on(Door(tmp_path))
    (tmp_path / "etc/selinux").mkdir(parents=True)
    (tmp_path / "etc/selinux/config").write_text("# SELINUX=disabled\nSELINUX=enforcing\n")
    assert is_selinux_on(Door(tmp_path))
