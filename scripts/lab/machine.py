"""Starting and ending one nspawn machine: overlay, control group, systemd, and their removal."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

from lab import overlay
from lab.network import Network
from lab.shell import LabError, Word, run

MACHINES = Path("/var/lib/postfix-wizard-lab")
SHARED_WITH_MACHINE = ("sys_time", "sys_module", "sys_rawio")
"""Capabilities no process of a host may have: the clock, modules and ports are the machine's."""
_PROPAGATED = Path("/run/systemd/nspawn/propagate")
"""systemd-nspawn makes a directory here for each machine and leaves it when it is killed."""
_CGROUP_PARENT = "postfix-wizard-lab"

# nspawn looks at /sys/fs/cgroup to choose the hierarchy. In a mount namespace of our own it finds
# the unified one there, as on EL, whatever the machine has. A group for each host keeps two of
# them from managing one another's services.
_START = """\
set -e
name=$1; pidfile=$2; shift 2
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/$0/$name
mkdir -p "$group"
echo $$ >"$group/cgroup.procs"
echo $$ >"$pidfile"
exec "$@"
"""

_REMOVE_GROUP = """\
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup
[ ! -d "/sys/fs/cgroup/$0/$1" ] || find "/sys/fs/cgroup/$0/$1" -depth -type d -exec rmdir {} +
"""


@dataclass(frozen=True)
class Machine:
    """Where one host lives on this machine."""

    name: str

    @property
    def label(self) -> str:
        """The name by which systemd-nspawn knows the host."""
        return f"pwlab-{self.name}"

    @property
    def home(self) -> Path:
        """The directory with everything that belongs to the host."""
        return MACHINES / self.name

    @property
    def root(self) -> Path:
        """The merged tree, mounted while the host exists."""
        return self.home / "root"

    @property
    def console(self) -> Path:
        """What systemd wrote to the console."""
        return self.home / "console.log"

    def supervisor(self) -> Optional[int]:
        """Return the pid of the running systemd-nspawn, or None."""
        try:
            pid = int((self.home / "pid").read_text())
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # A pid is used again one day: it is ours only while it is the program we started.
        return pid if f"--directory={self.root}".encode() in argv else None

    def leader(self) -> Optional[int]:
        """Return the pid, as seen here, of the host's own PID 1, or None."""
        supervisor = self.supervisor()
        if supervisor is None:
            return None
        try:
            children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
            for child in children:
                status = Path(f"/proc/{child}/status").read_text()
                inner = next(line for line in status.splitlines() if line.startswith("NSpid:"))
                if inner.split()[1:] == [child, "1"]:
                    return int(child)
        except (OSError, StopIteration):
            return None
        return None


def mount_overlay(machine: Machine, lowers: Sequence[Path]) -> None:
    """Mount the host's tree: an empty upper layer upon `lowers`, topmost first."""
    upper, work = machine.home / "upper", machine.home / "work"
    for path in (upper, work, machine.root):
        path.mkdir(parents=True)
    overlay.mount_overlay(lowers, upper, work, machine.root)


def start(machine: Machine, net: Network) -> None:
    """Start systemd in the host's tree; it goes on in the background."""
    nspawn = [
        "systemd-nspawn",
        "--quiet",
        f"--directory={machine.root}",
        f"--machine={machine.label}",
        "--hostname=ace.zeke.ne.jp",
        "--register=no",
        "--keep-unit",
        f"--network-namespace-path=/run/netns/{net.host}",
        "--capability=all",
        # The clock is the machine's own, and so are its kernel modules.
        f"--drop-capability={','.join(f'CAP_{name.upper()}' for name in SHARED_WITH_MACHINE)}",
        "--system-call-filter=ptrace mount",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--boot",
    ]
    script: list[Word] = [
        "sh",
        "-c",
        _START,
        _CGROUP_PARENT,
        machine.name,
        machine.home / "pid",
        *nspawn,
    ]
    run(["setsid", "--fork", "unshare", "--mount", *script], log=machine.console)


def wait_for_leader(machine: Machine, deadline: float) -> int:
    """Return the leader's pid once there is one; `deadline` is in `time.monotonic` seconds."""
    started = False
    while time.monotonic() < deadline:
        leader = machine.leader()
        if leader is not None:
            return leader
        alive = machine.supervisor() is not None
        if started and not alive:
            break
        started = started or alive
        time.sleep(0.01)
    raise LabError(f"{machine.name} did not boot: {_console_end(machine)}")


def _console_end(machine: Machine) -> str:
    """Return the last lines that the host wrote to its console."""
    try:
        return "\n".join(machine.console.read_text(errors="replace").splitlines()[-15:])
    except OSError:
        return "its console says nothing"


def destroy(machine: Machine) -> None:
    """End the host at once and remove its mounts, control group and files, as far as they exist."""
    for find in (machine.leader, machine.supervisor):
        pid = find()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            _wait_gone(machine, pid)
    while os.path.ismount(machine.root):
        run(["umount", "--lazy", machine.root])
    remove_group = ["sh", "-c", _REMOVE_GROUP, _CGROUP_PARENT, machine.name]
    with contextlib.suppress(LabError):
        run(["unshare", "--mount", *remove_group])
    shutil.rmtree(_PROPAGATED / machine.label, ignore_errors=True)
    while machine.home.exists():
        # A supervisor that ends takes its lock files away meanwhile: then it is looked at again.
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(machine.home)


def _wait_gone(machine: Machine, pid: int) -> None:
    """Wait until process `pid` has ended: some ms, seconds where the machine is busy."""
    for _ in range(3000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in "ZX":
            return
        time.sleep(0.01)
    raise LabError(f"process {pid} of {machine.name} does not end: look at it with ps -p {pid}")
