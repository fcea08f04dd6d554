"""A control machine for hosts of the lab: a network namespace of its own, Ansible over real ssh."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from lab import network
from lab.host import Host
from lab.shell import run

ROOT = Path(__file__).parents[2]
PLAY = ("ansible-playbook", "-i", "inventory.yml")
COLLECTION = "postfix_wizard.mail.servers"
NAMES = ("mx1.example.com", "mx2.example.com", "mx3.example.com")
"""The hosts of the collection's example inventory."""
UNREACHABLE = "10.0.9.2"
_RECAP = re.compile(
    r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE
)


@dataclass(frozen=True)
class Outcome:
    """How a host ended in a play."""

    changed: int
    unreachable: int
    failed: int


GOOD, CHANGED = Outcome(0, 0, 0), Outcome(1, 0, 0)
FAILED, UNREACHED = Outcome(0, 0, 1), Outcome(0, 1, 0)


@dataclass(frozen=True)
class Fleet:
    """The hosts by their names in the inventory, and the control machine's directory."""

    hosts: dict[str, Host]
    directory: Path
    namespace: str
    programs: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a program of Ansible on the control machine, in a session of its own."""
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HOME": str(self.directory / "home"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            # Connections outlive a play, so that the next one is fast, but not a test.
            "ANSIBLE_SSH_ARGS": "-F none -o ControlMaster=auto -o ControlPersist=5s",
            # The name of a connection is made of its address, which another fleet has, too.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": f"/run/{self.namespace}",
            "ANSIBLE_TIMEOUT": "10",
        }
        return subprocess.Popen(
            [*network.enter(self.namespace), *words],
            cwd=self.directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def call(self, *words: str, timeout: float = 1200) -> tuple[int, str]:
        """Run a program of Ansible on the control machine; return its exit status and output."""
        with self.start(*words) as program:
            try:
                said, _ = program.communicate(timeout=timeout)
            except BaseException:
                os.killpg(program.pid, signal.SIGKILL)
                raise
        return program.returncode, said

    def die(self) -> None:
        """Kill all that runs on the control machine, its connections, too."""
        for pid in run(["ip", "netns", "pids", self.namespace]).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def play(self, *words: str, playbook: str = COLLECTION) -> Play:
        """Run the collection's playbook."""
        return Play(*self.call(*PLAY, playbook, *words))


@dataclass(frozen=True)
class Play:
    """The end of a play: exit status, and all that it printed."""

    status: int
    text: str

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """How each host ended, by the recap. A host that the play did not reach is not there."""
        return {name: Outcome(*map(int, more)) for name, *more in _RECAP.findall(self.text)}


@contextlib.contextmanager
def control(hosts: dict[str, Host], directory: Path) -> Iterator[Fleet]:
    """Lay a cable from a control machine to each host, and tell ssh how it gets there."""
    made = subprocess.run([ROOT / "scripts/ansible"], stdout=subprocess.PIPE, text=True, check=True)
    first = next(iter(hosts.values()))
    fleet = Fleet(hosts, directory, f"{first.net.host}-control", Path(made.stdout.strip()))
    (directory / "home").mkdir()
    (directory / "host_vars").mkdir()
    run(["ip", "netns", "add", fleet.namespace])
    try:
        run(["ip", "-n", fleet.namespace, "link", "set", "lo", "up"])
        for number, (name, host) in enumerate(hosts.items(), 1):
            ends = (f"10.0.{number}.1/24", f"10.0.{number}.2/24")
            network.join(fleet.namespace, host.net.host, link=f"control{number}", addresses=ends)
            write_connection(directory, name, host, f"10.0.{number}.2")
        yield fleet
    finally:
        run(["ip", "netns", "delete", fleet.namespace])
        shutil.rmtree(f"/run/{fleet.namespace}", ignore_errors=True)


def write_connection(
    directory: Path, name: str, host: Host, address: str, known_hosts: Optional[Path] = None
) -> None:
    """Write how ssh gets to a host: its address, the operator's key, and the host's own key."""
    words = (
        f"-o UserKnownHostsFile={known_hosts or host.known_hosts} -o HostKeyAlias={network.HOST_LAN}"
        " -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
    )
    lines = (
        "---",
        f"ansible_host: {address}",
        f"ansible_ssh_private_key_file: {host.key}",
        f'ansible_ssh_common_args: "{words}"',
    )
    # A directory of a host's name may have several files, such as those of an export.
    path = directory / "host_vars" / name / "connection.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
