"""The private directory goes however its process ends, and so does what ran in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wizard.errors import Trouble
from wizard.host.private import private_directory

ROOT = Path(__file__).parents[2]

OWNER = """
import subprocess, sys
from wizard import caller
caller.TEMPORARY = (sys.argv[1],)
from wizard.host.private import WITH_US, private_directory
with private_directory("testing") as place:
    script = f"echo $$ >{place}/pid; while :; do mkdir -p {place}/more; sleep 0.01; done"
    with subprocess.Popen([*WITH_US, "sh", "-c", script], close_fds=False) as child:
        print(place, flush=True)
        child.wait()
"""


def gone(path: Path) -> bool:
    end = time.monotonic() + 10
    while path.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return not path.exists()


def test_it_is_ours_alone_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.caller.TEMPORARY", (str(tmp_path),))
    monkeypatch.setenv("TMPDIR", "/nowhere")
    with private_directory("testing") as place:
        assert place.stat().st_mode & 0o777 == 0o700
        assert place.parent == tmp_path
        (place / "deep/down").mkdir(parents=True)
    assert not list(tmp_path.iterdir())


def test_where_it_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.caller.TEMPORARY", (str(tmp_path / "absent"),))
    with (
        pytest.raises(Trouble, match=r"While testing: other users can change .*chmod 1777 /tmp"),
        private_directory("testing"),
    ):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
@pytest.mark.promise(37)
@pytest.mark.parametrize("option", ["ro", "nr_inodes=1"])
def test_a_full_or_read_only_directory_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for one in (first, second):
        one.mkdir()
    monkeypatch.setattr("wizard.caller.TEMPORARY", (str(first), str(second)))
    mount = ["mount", "-t", "tmpfs", "-o", f"{option},mode=0755", "none", str(first)]
    subprocess.run(mount, check=True)
    try:
        with private_directory("testing") as place:
            assert place.parent == second
        assert list(second.iterdir()) == []
        monkeypatch.setattr("wizard.caller.TEMPORARY", (str(first),))
        with pytest.raises(Trouble, match=r"While testing: .*df -h"), private_directory("testing"):
            pass
    finally:
        subprocess.run(["umount", "--lazy", str(first)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_it_goes_when_a_signal_ends_its_process(tmp_path: Path, number: str) -> None:
    environment = {**os.environ, "TMPDIR": "/nowhere", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as owner:
        assert owner.stdout
        place = Path(owner.stdout.readline().strip())
        written = place / "pid"
        while not (written.exists() and written.read_text()):
            time.sleep(0.01)
        child = int(written.read_text())
        owner.send_signal(getattr(signal, number))
        try:
            owner.wait(timeout=10)
        finally:
            owner.kill()
    assert gone(place)
    assert gone(Path(f"/proc/{child}")), "what wrote there is gone as well"
    assert not list(tmp_path.iterdir())
