"""What a run costs beside its commands: the journal, and the unit of its own."""

from __future__ import annotations

import json

from benchmarks.figures import VALUE, Figure
from benchmarks.hosts import HERE, INSTALLED, install, yard

HOW = """\
A first set-up on a fresh EL9 host each, the plan made before: by the wizard's own way (a worker in
a unit of its own, followed to its end), by the same worker in the foreground, and there with
fsync(2) made to do nothing. *Own time* is the foreground run's less that of its commands (dnf,
postmap, systemctl, firewall-cmd ...) and of the checks at its end; its reach is 0.5 s."""

MANNERS = ("detached", "foreground", "unsynced")
OWN = 0.5


def measure_row(rounds: int) -> list[Figure]:
    """Measure the three by turns, each on a host of its own."""
    took: dict[str, list[float]] = {manner: [] for manner in (*MANNERS, "own")}
    with yard() as here:
        for _ in range(rounds):
            for manner in MANNERS:
                host = here.boot()
                install(host)
                host.push(HERE / "peers/runner.py", f"{INSTALLED}/runner.py")
                argv = ["python3", f"{INSTALLED}/runner.py", manner]
                said = json.loads(host.run(argv, timeout=300, check=True).stdout.splitlines()[-1])
                took[manner].append(said["wall"])
                if manner == "foreground":
                    took["own"].append(said["wall"] - said["commands"] - said["checks"])
                here.down(host)
    found = {name: tuple(values) for name, values in took.items()}
    return [
        Figure(
            "run", "a first set-up, detached", "s", found["detached"],
            "in the foreground", found["foreground"],
        ),
        Figure(
            "run", "a first set-up, synced", "s", found["foreground"],
            "never synced", found["unsynced"],
        ),
        Figure("run", "own time beside its commands", "s", found["own"], reach=OWN, per=VALUE),
    ]  # fmt: skip
