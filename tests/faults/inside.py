"""What the suite runs inside a host: one process that starts workers under strace and looks around.

It imports the library of the one-file program that is installed there, so that what is started
is the real thing; one line of JSON comes in for each call, and one goes out.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any, Callable, Sequence

PROGRAM = "/usr/local/bin/postfix-wizard"
HOME = "/root/faults"
_ZONES = ("public", "trusted")
_RUN_LEVEL = re.compile(r"rc[0-6S]\.d")
_TABLES = {".db": "hash", ".lmdb": "lmdb"}


def use_library() -> None:
    """Import from the unpacked program, whose byte code is all made beforehand."""
    subprocess.run([PROGRAM, "--version"], check=True, stdout=subprocess.DEVNULL)
    with zipfile.ZipFile(PROGRAM) as archive:
        build = archive.read("BUILD").decode("ascii").strip()
    library = f"/var/cache/postfix-wizard/{build}"
    subprocess.run([sys.executable, "-m", "compileall", "-q", library], check=False)
    sys.path.insert(0, library)


def said(*argv: str) -> str:
    """Return what a command that only reads says."""
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout.strip()


def make_plan() -> list[str]:
    """Make the plan of a whole first set-up, keep it, and return its steps."""
    from wizard.answers.toml import read_answers
    from wizard.plan.wire import plan_to_bytes

    session = _session(())
    plan = session.plan(read_answers(Path("/root/zeke.toml")), session.host())
    Path(HOME, "plan.json").write_bytes(plan_to_bytes(plan))
    return [step.id for step in plan.pending]


def _session(tracer: Sequence[str]) -> Any:
    from wizard.door import Door
    from wizard.run.paths import Places
    from wizard.session import Session

    return Session(Door(Path("/")), Places(), (*tracer, sys.executable, PROGRAM))


def traced(what: str, options: list[str]) -> dict[str, str]:
    """Start a worker under strace in a unit of its own and wait for that unit's end.

    `what` is `apply` (the kept plan), `undo` or `resume`. Returns the run, its trace, and what
    the unit said.
    """
    from wizard.errors import Trouble
    from wizard.plan.wire import plan_from_bytes
    from wizard.run.history import newest_cut_off
    from wizard.run.launch import launch, relaunch, unit_argv

    trace = f"{HOME}/trace"
    Path(trace).unlink(missing_ok=True)
    tracer = ("/usr/bin/strace", "-y", "-s", "300", "-o", trace, "-e", "signal=none", *options)
    session = _session(tracer)
    units: list[str] = []

    def start(unit: str, argv: Sequence[str]) -> None:
        units.append(unit)
        # A path in the trace's options says RUN for what is known only now.
        named = [word.replace("/runs/RUN/", f"/runs/{argv[-1]}/") for word in argv]
        program, *words = unit_argv(unit, named)
        done = subprocess.run(
            [program, "--wait", *words], capture_output=True, stdin=subprocess.DEVNULL, check=False
        )
        if not Path(trace).exists():
            raise RuntimeError(done.stderr.decode())

    if what == "resume":
        found = newest_cut_off(session.places)
        assert found is not None
        run = found.run
        # One that is hit before it begins is told to the operator, who goes on once more.
        with contextlib.suppress(Trouble):
            relaunch(session.places, run, session.program, attended=False, start=start)
    else:
        kept = Path(HOME, "plan.json")
        plan = plan_from_bytes(kept.read_bytes()) if what == "apply" else session.undo_plan()
        run = launch(session.places, plan, session.program, attended=False, start=start)
    told = said("journalctl", "-o", "cat", "--no-pager", "-u", units[0])
    return {"run": run, "trace": Path(trace).read_text(errors="replace"), "told": told}


def journal(run: str) -> dict[str, Any]:
    """Return what the journal of a run says of its end, and whether it is whole."""
    from wizard.run.journal import read_journal
    from wizard.run.paths import Places
    from wizard.run.progress import progress
    from wizard.run.records import StepFinished

    reading = read_journal(Places().run(run).journal)
    if reading is None:
        return {"corrupt": "", "started": False, "outcome": "died", "message": "", "messages": []}
    so_far = progress(reading.records)
    end = so_far.finished
    return {
        "corrupt": reading.corrupt,
        "started": so_far.started,
        "outcome": end.outcome if end else "died",
        "message": end.message if end else "",
        "messages": [
            one.message for one in reading.records if isinstance(one, StepFinished) and one.message
        ],
    }


def wizard(*words: str) -> dict[str, Any]:
    """Call the program as an operator does."""
    done = subprocess.run(
        [PROGRAM, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    return {"code": done.returncode, "said": done.stdout + done.stderr}


def etc() -> dict[str, list[Any]]:
    """Return every path below /etc: kind, mode, owner, group, content or target, time."""
    found = {}
    for top, directories, files in os.walk("/etc"):
        # Links that Debian's systemctl makes for its own init scripts.
        directories[:] = [one for one in directories if not _RUN_LEVEL.fullmatch(one)]
        for name in (*directories, *files):
            path = os.path.join(top, name)
            found[path] = _entry(path)
    return found


def _entry(path: str) -> list[Any]:
    status = os.lstat(path)
    kind, content = "other", ""
    if stat.S_ISLNK(status.st_mode):
        kind, content = "link", os.readlink(path)
    elif stat.S_ISDIR(status.st_mode):
        kind = "directory"
    elif stat.S_ISREG(status.st_mode):
        kind, content = "file", _content(path)
    mtime = status.st_mtime_ns if kind == "file" else 0
    return [kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, content, mtime]


def _content(path: str) -> str:
    """Return a hash of the bytes; of tables and zones, which others write anew, what they say."""
    if os.path.dirname(path) == "/etc/postfix":
        source, suffix = os.path.splitext(path)
        if suffix in _TABLES:
            rows = said("postmap", "-s", f"{_TABLES[suffix]}:{source}")
            return "\n".join(sorted(rows.splitlines()))
    data = Path(path).read_bytes()
    if path.startswith("/etc/firewalld/zones/") and path.endswith(".xml"):
        return "\n".join(sorted(ET.tostring(one).decode().strip() for one in ET.fromstring(data)))
    return hashlib.sha256(data).hexdigest()


def holding(secrets: list[str]) -> list[str]:
    """Return the files that have one of the secrets in them, /root and the program's own aside."""
    needles = [one.encode() for one in secrets]
    found = []
    for place in ("/etc", "/var", "/run", "/tmp"):
        for top, _, files in os.walk(place):
            for name in files:
                path = os.path.join(top, name)
                with contextlib.suppress(OSError):
                    if stat.S_ISREG(os.lstat(path).st_mode):
                        data = Path(path).read_bytes()
                        if any(needle in data for needle in needles):
                            found.append(path)
    return sorted(found)


def live() -> dict[str, str]:
    """Return what is not in files: the units, and the firewall's services at run time."""
    units = ("postfix", "dovecot")
    found = {f"{unit} {verb}": said("systemctl", verb, unit) for unit in units for verb in _VERBS}
    for zone in _ZONES:
        for method in ("getServices", "getPorts"):
            found[f"{zone} {method}"] = " ".join(
                sorted(said(*_FIREWALL, method, "s", zone).split())
            )
    return found


_VERBS = ("is-active", "is-enabled")
_FIREWALL = (
    "busctl",
    "call",
    "org.fedoraproject.FirewallD1",
    "/org/fedoraproject/FirewallD1",
    "org.fedoraproject.FirewallD1.zone",
)


def forget() -> None:
    """Take away what undo leaves on purpose, so that the next set-up is a first one again.

    A check that was killed leaves its stranger's address, which the kernel removes after a while:
    until then the next check has fewer to choose from, and starts fewer programs.
    """
    while "sec preferred_lft" in said("ip", "-oneline", "address", "show", "dev", "lo"):
        time.sleep(0.2)
    for path in (*glob.glob("/etc/postfix/*.orig"), *glob.glob("/etc/aliases.orig")):
        os.unlink(path)
    # The messages to postmaster of set-ups that were hit: nobody would take them.
    if shutil.which("postsuper"):
        said("postsuper", "-d", "ALL")
    for path in ("/var/lib/postfix-wizard", "/etc/postfix-wizard", "/run/postfix-wizard"):
        shutil.rmtree(path, ignore_errors=True)


def erase() -> None:
    """Make it a host without Postfix again, once the dnf of a killed worker has ended."""
    settled()
    if said("rpm", "-q", "postfix").startswith("postfix-"):
        said("systemctl", "stop", "postfix")
        said("rpm", "-e", "postfix")
    for path in ("/etc/postfix", "/var/spool/postfix", "/var/lib/postfix"):
        shutil.rmtree(path, ignore_errors=True)
    for path in ("/etc/pki/tls/certs/postfix.pem", "/etc/pki/tls/private/postfix.key"):
        Path(path).unlink(missing_ok=True)
    said("systemctl", "daemon-reload")


def settled() -> None:
    """Wait until no dnf runs any more."""
    while said("pgrep", "-f", "^/usr/bin/python3.* /usr/bin/dnf "):
        time.sleep(0.05)


CALLS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (make_plan, traced, journal, wizard, etc, live, holding, forget, erase, settled)
}


def main() -> None:
    """Answer calls until nobody asks any more."""
    os.makedirs(HOME, exist_ok=True)
    use_library()
    for line in sys.stdin:
        name, *words = json.loads(line)
        print(json.dumps(CALLS[name](*words)), flush=True)


if __name__ == "__main__":
    main()
