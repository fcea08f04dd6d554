"""Starting, entering and ending the virtual machine (qemu-system-x86_64(1)); there is one at a time."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterator, Optional, Sequence, Union

from lab.shell import Argv, LabError, clean_environment, run
from lab.vm.disk import Disk

HOME = Path("/var/lib/postfix-wizard-lab-vm")
"""The directory of the machine that runs."""
SNAPSHOT = "ready"
"""The name of the machine's state right after its boot, in the disk."""
_BOOT_SECONDS = 1800.0
_LOAD_SECONDS = 600.0
"""Two to four minutes and twenty seconds are usual; other work on the machine slows both."""
_MEMORY_MB = 1536
_RECORD = "vm.json"
_KERNEL = "root=/dev/vda rw console=ttyS0 security=selinux selinux=1 net.ifnames=1"


@dataclass(frozen=True)
class Vm:
    """A machine by its directory: disk, process, console and monitor."""

    home: Path
    disk: Disk

    @property
    def image(self) -> Path:
        """The disk that is written, upon the cached one."""
        return self.home / "disk.qcow2"

    @property
    def console(self) -> Path:
        """What the kernel and systemd wrote to the serial line."""
        return self.home / "console.log"

    def pid(self) -> Optional[int]:
        """Return the process ID of the running QEMU, or None."""
        try:
            pid = int((self.home / "pid").read_text())
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # The system uses a process ID again: it is ours only while it is QEMU on this disk.
        return pid if any(os.fsencode(self.image) in word for word in argv) else None

    def start(self, *, snapshot: bool) -> None:
        """Start QEMU, from the snapshot or from the disk, and wait until the machine answers."""
        port = _free_port()
        (self.home / "port").write_text(str(port))
        run([*_qemu(self, port), *(("-loadvm", SNAPSHOT) if snapshot else ())])
        self._wait(_LOAD_SECONDS if snapshot else _BOOT_SECONDS)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.pid() is None:
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                if (
                    self.run(["systemctl", "is-active", "sshd", "named"], timeout=60).returncode
                    == 0
                ):
                    return
            time.sleep(1)
        end = "\n".join(self.console.read_text(errors="replace").splitlines()[-15:])
        raise LabError(f"the virtual machine does not answer after {seconds:.0f} s: {end}")

    def save(self) -> None:
        """Store the machine's state in its disk under `SNAPSHOT`."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(300)
            monitor.connect(str(self.home / "monitor"))
            _prompt(monitor)
            monitor.sendall(f"savevm {SNAPSHOT}\n".encode())
            said = _prompt(monitor)
        if "Error" in said:
            raise LabError(f"QEMU could not save the machine's state: {said}")

    def stop(self) -> None:
        """End QEMU at once and remove the machine's directory."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            while self.pid() is not None:
                time.sleep(0.05)
        shutil.rmtree(self.home, ignore_errors=True)

    def ssh_argv(self, command: Union[str, Sequence[str], None] = None, *, tty: bool) -> list[str]:
        """Return a command line that logs in as root; without `command` a login shell starts."""
        settings = [
            f"UserKnownHostsFile={self.disk.known_hosts}",
            "HostKeyAlias=192.168.1.1",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "BatchMode=yes",
            "LogLevel=ERROR",
            "ConnectTimeout=60",
            # A new connection takes the emulated processor some seconds.
            "ControlMaster=auto",
            f"ControlPath={self.home}/ssh",
            "ControlPersist=600",
        ]
        argv = ["ssh", "-F", "none", "-i", self.disk.key]
        for setting in settings:
            argv += ["-o", setting]
        port = (self.home / "port").read_text()
        argv += ["-tt" if tty else "-T", "-p", port, "root@127.0.0.1"]
        if command is not None:
            argv.append(command if isinstance(command, str) else shlex.join(command))
        return argv

    def run(
        self,
        argv: Argv,
        *,
        data: Union[str, bytes] = b"",
        timeout: float = 300,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run `argv` as root in the machine. Raises `LabError` with `check` when it fails."""
        words = [str(word) for word in argv]
        raw = data.encode() if isinstance(data, str) else data
        done = subprocess.run(
            self.ssh_argv(words, tty=False),
            input=raw,
            capture_output=True,
            timeout=timeout,
            check=False,
            env={**os.environ, **clean_environment()},
        )
        out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        if check and done.returncode != 0:
            said = f"{out}{err}".strip()[-3000:]
            raise LabError(f"{shlex.join(words)} ended with {done.returncode}: {said}")
        return subprocess.CompletedProcess(words, done.returncode, out, err)

    def write(self, path: str, data: Union[str, bytes], mode: int = 0o644) -> None:
        """Write a file of the machine, its directories made where they are missing."""
        script = (
            'mkdir -p "${0%/*}" && umask 077 && cat >"$0" && chmod "$1" "$0" && restorecon "$0"'
        )
        self.run(["sh", "-c", script, path, f"{mode:o}"], data=data, check=True)

    def push(self, source: Path, target: str) -> None:
        """Copy a file of this machine into the virtual one, its mode unchanged."""
        self.write(target, source.read_bytes(), source.stat().st_mode & 0o7777)


def _qemu(vm: Vm, port: int) -> list[str]:
    """Return QEMU's command line. With `-icount` the machine's clock follows its instructions."""
    lan = f"user,id=lan,net=192.168.1.0/24,host=192.168.1.2,hostfwd=tcp:127.0.0.1:{port}-192.168.1.1:22"
    outside = "user,id=outside,net=203.0.113.0/24,host=203.0.113.9"
    return [
        *("nice", "-n", "10", "qemu-system-x86_64", "-nodefaults", "-no-user-config"),
        *("-machine", "q35", "-accel", "tcg,tb-size=512", "-cpu", "Nehalem-v1"),
        *("-icount", "shift=1,sleep=on", "-rtc", "clock=vm", "-m", str(_MEMORY_MB)),
        *("-kernel", str(vm.disk.kernel), "-initrd", str(vm.disk.initrd), "-append", _KERNEL),
        *("-drive", f"file={vm.image},if=virtio,format=qcow2,cache=unsafe"),
        *("-netdev", f"{lan},restrict=on", "-device", "virtio-net-pci,netdev=lan,addr=0x3"),
        *("-netdev", f"{outside},restrict=on", "-device", "virtio-net-pci,netdev=outside,addr=0x8"),
        *("-device", "virtio-rng-pci", "-display", "none"),
        *(
            "-serial",
            f"file:{vm.console}",
            "-monitor",
            f"unix:{vm.home}/monitor,server=on,wait=off",
        ),
        *("-daemonize", "-pidfile", str(vm.home / "pid")),
    ]


def _prompt(monitor: socket.socket) -> str:
    """Return what QEMU's monitor says up to its next prompt."""
    said = b""
    while not said.endswith(b"(qemu) "):
        part = monitor.recv(4096)
        if not part:
            raise LabError(f"QEMU's monitor ended: {said.decode(errors='replace')}")
        said += part
    return said.decode(errors="replace")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def made(home: Path, disk: Disk) -> Iterator[Vm]:
    """Make a machine's directory and hand it over to be started; a failed start leaves nothing."""
    vm = Vm(home, disk)
    vm.stop()
    home.mkdir(parents=True)
    try:
        (home / _RECORD).write_text(json.dumps(asdict(disk)))
        yield vm
    except BaseException:
        vm.stop()
        raise


def find(home: Path = HOME) -> Optional[Vm]:
    """Return the machine that runs in `home`, None where there is none."""
    try:
        disk = Disk(**json.loads((home / _RECORD).read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    vm = Vm(home, disk)
    return None if vm.pid() is None else vm
