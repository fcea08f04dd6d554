"""Hosts of the lab for the benchmarks, and what is put into them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Sequence

from lab import host as lab_host
from lab.host import Host, Options
from lab.shell import LabError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYZ = ROOT / "dist/postfix-wizard.pyz"
CACHE = ROOT / ".cache/bench"
PROGRAM = "/usr/local/bin/postfix-wizard"
ANSWERS = "/root/zeke.toml"
INSTALLED = "/opt/installed"
"""In a host: our code and its libraries, unpacked, with byte code."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Run:
    """A command that is measured; `before` are commands before each time, not measured.

    `codes` are the exit statuses that are right: anything else spoils the figure.
    """

    name: str
    argv: Sequence[str]
    before: Sequence[Sequence[str]] = ()
    codes: tuple[int, ...] = (0,)


@dataclass
class Yard:
    """The hosts of one row; none outlives it."""

    hosts: list[Host] = field(default_factory=list)

    def boot(self, **options: Any) -> Host:
        """Boot a fresh host with the wizard, the seed's answers and the probe in it."""
        name = f"bench-{os.getpid()}-{next(_numbers)}"
        host = lab_host.boot(name, Options(**{"pyz": str(PYZ), **options}))
        self.hosts.append(host)
        host.write(ANSWERS, (ROOT / "examples/zeke.toml").read_bytes(), 0o600)
        host.push(HERE / "probe.py", "/root/probe.py")
        return host

    def down(self, host: Host) -> None:
        """End one host early."""
        self.hosts.remove(host)
        host.stop()


@contextlib.contextmanager
def yard() -> Iterator[Yard]:
    """Give a yard and end its hosts."""
    here = Yard()
    try:
        yield here
    finally:
        for host in here.hosts:
            host.stop()


def set_up(here: Yard, **options: Any) -> Host:
    """Boot a host and let the wizard do the whole job there."""
    host = here.boot(**options)
    host.run([PROGRAM, "apply", "--answers", ANSWERS, "--yes"], timeout=300, check=True)
    return host


def measure(
    host: Host,
    runs: Sequence[Run],
    rounds: int,
    *,
    memory: bool = False,
    watch: str = "",
    timeout: float = 600,
) -> dict[str, list[dict[str, Any]]]:
    """Run these in turn, `rounds` times, inside the host; raises LabError on a wrong exit status."""
    asked = {
        "rounds": rounds,
        "memory": memory,
        "watch": watch,
        "runs": [
            {"name": run.name, "argv": list(run.argv), "before": [list(b) for b in run.before]}
            for run in runs
        ],
    }
    argv = ["python3", "/root/probe.py"]
    done = host.run(argv, input=json.dumps(asked), timeout=timeout, check=True)
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    for run in runs:
        for one in found[run.name]:
            if one["code"] not in run.codes:
                raise LabError(f"{run.name} ended with {one['code']}: {one['said']}")
    return found


def column(samples: Sequence[dict[str, Any]], name: str) -> tuple[float, ...]:
    """Return one quantity of all samples."""
    return tuple(float(sample[name]) for sample in samples)


def put_tree(host: Host, source: Path, target: str) -> None:
    """Copy a directory into a host and compile its Python there, by the host's own Python."""
    with subprocess.Popen(
        ["tar", "-C", source, "--exclude=__pycache__", "-cf", "-", "."], stdout=subprocess.PIPE
    ) as pack:
        script = 'mkdir -p "$0" && tar -C "$0" --no-same-owner -xf -'
        subprocess.run(host.argv(["sh", "-c", script, target]), stdin=pack.stdout, check=True)
    host.run(["python3", "-m", "compileall", "-q", target], timeout=300)


def install(host: Host) -> None:
    """Put what scripts/build packed into INSTALLED, started by INSTALLED/postfix-wizard."""
    stage = CACHE / "installed"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(ROOT / ".cache/stage", stage)
    put_tree(host, stage, INSTALLED)
    start = (
        "#!/usr/bin/python3\nimport sys\n"
        "from screens.main import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    )
    host.write(f"{INSTALLED}/postfix-wizard", start, 0o755)
