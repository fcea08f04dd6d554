"""A booted host: the laboratory's interface for tests.

host = boot("ace", Options(suite="el9"))
host.run(["dnf", "-y", "install", "postfix"], check=True)
host.stop()
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterator, Optional, Sequence, Union

from lab import base as bases
from lab import dovecot, machine, network
from lab.packages import lay_epel
from lab.shell import Argv, LabError, clean_environment, require_root, run_in_tree
from lab.suites import suite as find_suite

_LOCKS = Path("/run/postfix-wizard-lab")
_READY = "ready"

BOOT_TIMEOUT = 40.0
"""Seconds that a host may take until it answers; 1-3 are usual."""


class NotReady(LabError):
    """A host booted and did not answer in `BOOT_TIMEOUT`."""


@dataclass(frozen=True)
class Options:
    """How a host differs from the usual one; the fields are the options of `lab up`."""

    suite: str = "el9"
    unimported_key: bool = False
    dovecot: bool = False
    letsencrypt: bool = True
    ipv6: bool = True
    certbot: bool = False
    epel: bool = False
    pyz: Optional[str] = None


@dataclass(frozen=True)
class Host:
    """A running host. Every method works from outside, as root of this machine."""

    name: str
    options: Options
    leader_pid: int
    key: str
    known_hosts: str

    @property
    def root(self) -> Path:
        """The host's tree as seen from outside, without what it mounted itself (/run, /tmp)."""
        return machine.Machine(self.name).root

    @property
    def net(self) -> network.Network:
        """The names of the host's network namespaces."""
        return network.network(self.name)

    def argv(self, argv: Argv) -> list[str]:
        """Return the command line that runs `argv` inside the host, for Popen or pexpect."""
        # What enters from outside would bring all of our capabilities along.
        without = ",".join(f"-{name}" for name in machine.SHARED_WITH_MACHINE)
        drop = ["setpriv", f"--bounding-set={without}"]
        # -r, -w: in a chroot the namespace's own root is not the host's, for nspawn moved it there.
        namespaces = ["-m", "-u", "-i", "-n", "-p", "-r", "-w"]
        enter = [*drop, "nsenter", "-t", str(self.leader_pid), *namespaces, "--"]
        variables = [f"{name}={value}" for name, value in clean_environment().items()]
        return [*enter, "env", "-i", *variables, *map(str, argv)]

    def run(
        self,
        argv: Argv,
        *,
        input: Optional[str] = None,  # noqa: A002 - subprocess.run's own name for it
        timeout: float = 60,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run `argv` as root inside the host.

        Raises `subprocess.TimeoutExpired` after `timeout` seconds, and with `check` `LabError`
        when the command fails.
        """
        return self._run_here(self.argv(argv), argv, input, timeout, check)

    def run_outside(
        self, argv: Argv, *, timeout: float = 60, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run `argv` of this machine as the stranger, 203.0.113.9."""
        return self._run_here(self.outside_argv(argv), argv, None, timeout, check)

    def run_operator(
        self, argv: Argv, *, timeout: float = 60, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run `argv` of this machine on the operator's LAN, 192.168.1.2."""
        return self._run_here(self.operator_argv(argv), argv, None, timeout, check)

    def _run_here(
        self, line: list[str], argv: Argv, data: Optional[str], timeout: float, check: bool
    ) -> subprocess.CompletedProcess[str]:
        """Run a command line of this machine; on a timeout its whole process group ends."""
        with subprocess.Popen(
            line,
            stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as child:
            try:
                out, err = child.communicate(data, timeout=timeout)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                raise
        words = [str(word) for word in argv]
        done = subprocess.CompletedProcess(words, child.returncode, out, err)
        if check and done.returncode != 0:
            said = f"{out}{err}".strip()[-2000:]
            raise LabError(
                f"{shlex.join(words)} on {self.name} ended with {child.returncode}: {said}"
            )
        return done

    def ssh_argv(
        self, command: Union[str, Sequence[str], None] = None, *, tty: bool = True
    ) -> list[str]:
        """Return a command line that logs in as root by real ssh from the operator's LAN.

        `command` is a shell line, or words that are quoted into one; without it a login shell
        starts. With `tty` the server allocates a terminal whatever our standard input is.
        """
        settings = [
            f"UserKnownHostsFile={self.known_hosts}",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "BatchMode=yes",
            "LogLevel=ERROR",
        ]
        argv = ["ssh", "-F", "none", "-i", self.key]
        for setting in settings:
            argv += ["-o", setting]
        argv += ["-tt" if tty else "-T", f"root@{network.HOST_LAN}"]
        if command is not None:
            argv.append(command if isinstance(command, str) else shlex.join(command))
        return self.operator_argv(argv)

    def outside_argv(self, argv: Argv) -> list[str]:
        """Return the command line that runs `argv` of this machine in the stranger's network."""
        return [*network.enter(self.net.outside), *map(str, argv)]

    def operator_argv(self, argv: Argv) -> list[str]:
        """Return the command line that runs `argv` of this machine on the operator's LAN."""
        return [*network.enter(self.net.operator), *map(str, argv)]

    def read(self, path: str) -> str:
        """Return the text of a file of the host; raises `LabError` when it cannot be read."""
        return self.run(["cat", path], check=True).stdout

    def write(self, path: str, data: Union[str, bytes], mode: int = 0o644) -> None:
        """Write a file of the host, its directories made where they are missing."""
        script = 'mkdir -p "${0%/*}" && umask 077 && cat >"$0" && chmod "$1" "$0"'
        line = self.argv(["sh", "-c", script, path, f"{mode:o}"])
        raw = data.encode() if isinstance(data, str) else data
        done = subprocess.run(line, input=raw, capture_output=True, check=False)
        if done.returncode != 0:
            raise LabError(f"writing {path} on {self.name}: {done.stderr.decode().strip()}")

    def push(self, source: Path, target: str) -> None:
        """Copy a file of this machine into the host, its mode kept."""
        self.write(target, source.read_bytes(), source.stat().st_mode & 0o7777)

    def start_dovecot(self) -> None:
        """Configure and start Dovecot; Postfix must be installed, since its queue has the sockets."""
        self.run(["systemctl", "unmask", "dovecot.service"], check=True)
        for path, text in dovecot.files(self.options.suite).items():
            self.write(path, text)
        self.run(["systemctl", "-q", "enable", "dovecot.service"], check=True)
        self.run(["systemctl", "restart", "dovecot.service"], check=True)

    def unmask_dovecot(self) -> None:
        """Leave Dovecot as `dnf install dovecot` does: the distribution's own files, not started."""
        self.run(["systemctl", "unmask", "dovecot.service"], check=True)

    def join(self, other: Host, *, link: str, addresses: tuple[str, str]) -> None:
        """Lay one more cable, `link` on both ends, `addresses` such as ("10.0.0.1/24", …)."""
        network.join(self.net.host, other.net.host, link=link, addresses=addresses)

    def stop(self) -> None:
        """End the host and remove everything of it."""
        with _named(self.name):
            _destroy(self.name)


def boot(name: str, options: Options = Options()) -> Host:
    """Boot a fresh host called `name` and return it once systemd, sshd and named answer.

    What a crashed run left under that name is removed first. Raises `LabError` when a host of
    that name runs, or when this one does not come up; then nothing of it stays.
    """
    require_root()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise LabError(f"{name!r} is no host name here: use up to 40 of a-z, 0-9 and -")
    base = bases.build(find_suite(options.suite))
    here = machine.Machine(name)
    with _named(name):
        # One that never got ready belongs to a boot that was killed: its lock would be held.
        if here.leader() is not None and (here.home / _READY).exists():
            raise LabError(f"{name} runs already: choose another name or `lab down {name}` first")
        try:
            return _boot_once(here, base, options)
        except NotReady as first:
            # Seen once in some thousand boots, on a loaded machine.
            warnings.warn(f"booting once more: {first}", stacklevel=2)
            return _boot_once(here, base, options)


def _boot_once(here: machine.Machine, base: bases.Base, options: Options) -> Host:
    """Boot a host from nothing; when it does not come up, nothing of it stays."""
    _destroy(here.name)
    deadline = time.monotonic() + BOOT_TIMEOUT
    try:
        here.home.mkdir(parents=True)
        (here.home / "host.json").write_text(json.dumps(_state(options, base)))
        machine.mount_overlay(here, _layers(base, options))
        _apply(here.root, options)
        network.lay_cables(network.network(here.name), ipv6=options.ipv6)
        machine.start(here, network.network(here.name))
        machine.wait_for_leader(here, deadline)
        host = find(here.name)
        _wait_ready(host, deadline)
        (here.home / _READY).touch()
    except BaseException:
        _destroy(here.name)
        raise
    return host


def _layers(base: bases.Base, options: Options) -> list[Path]:
    return base.lowers(letsencrypt=options.letsencrypt, certbot_too=options.certbot)


def find(name: str) -> Host:
    """Return the running host called `name`; raises `LabError` when there is none."""
    here = machine.Machine(name)
    leader = here.leader()
    if leader is None:
        raise LabError(f"no host {name!r} runs: `lab list` shows those that do")
    state = json.loads((here.home / "host.json").read_text())
    return Host(name, Options(**state["options"]), leader, state["key"], state["known_hosts"])


def _state(options: Options, base: bases.Base) -> dict[str, object]:
    """Return what `find` must know of a host, whatever becomes of the recipe while it runs."""
    known_hosts = str(base.known_hosts)
    return {"options": asdict(options), "key": str(base.key), "known_hosts": known_hosts}


def names() -> list[str]:
    """Return the names of all hosts, left-overs of crashed ones included."""
    homes = machine.MACHINES.iterdir() if machine.MACHINES.is_dir() else iter(())
    return sorted(path.name for path in homes if path.is_dir())


def destroy(name: str) -> None:
    """End the host called `name`, or remove what a crash left of it."""
    require_root()
    with _named(name):
        _destroy(name)


def _destroy(name: str) -> None:
    """Remove everything of a host; its lock must be held."""
    try:
        machine.destroy(machine.Machine(name))
    finally:
        network.remove(network.network(name))


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    """Hold the lock of the host called `name`."""
    _LOCKS.mkdir(parents=True, exist_ok=True)
    with (_LOCKS / f"{name}.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _apply(root: Path, options: Options) -> None:
    """Change the tree of a host that is about to boot as `options` say."""
    if options.unimported_key:
        run_in_tree(root, ["rpm", "-e", "--allmatches", "gpg-pubkey"])
    if options.dovecot:
        (root / "etc/systemd/system/dovecot.service").unlink()
        for path, text in dovecot.files(options.suite).items():
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        wants = root / "etc/systemd/system/multi-user.target.wants/dovecot-lab.path"
        wants.symlink_to("/etc/systemd/system/dovecot-lab.path")
    if options.epel:
        lay_epel(root)
    if options.pyz is not None:
        target = root / "usr/local/bin/postfix-wizard"
        shutil.copyfile(options.pyz, target)
        target.chmod(0o755)


_UNTIL_READY = (
    # A wait that missed systemd's signal would last for ever, hence the bounds.
    (
        "until state=$(timeout 3 systemctl is-system-running --wait 2>/dev/null) ||"
        ' [ "$state" = degraded ]; do sleep 0.02; done'
    ),
    "until dig +time=1 +tries=1 @127.0.0.1 zeke.ne.jp SOA >/dev/null 2>&1; do sleep 0.05; done",
    "until timeout 3 bash -c ': </dev/tcp/192.168.1.1/22' 2>/dev/null; do sleep 0.02; done",
)
_LOOK = "systemctl is-system-running; systemctl list-jobs --no-pager; systemctl --failed --no-pager"


def _wait_ready(host: Host, deadline: float) -> None:
    """Wait until systemd has started everything and sshd and named answer."""
    for script in _UNTIL_READY:
        left = max(deadline - time.monotonic(), 1)
        try:
            host.run(["bash", "-c", script], timeout=left, check=True)
        except subprocess.TimeoutExpired:
            seen = host.run(["timeout", "5", "sh", "-c", _LOOK], timeout=10).stdout
            raise NotReady(
                f"{host.name} booted but does not answer after {BOOT_TIMEOUT:.0f} s: "
                f"still waiting in `{script}`; systemd says: {seen.strip()}"
            ) from None
