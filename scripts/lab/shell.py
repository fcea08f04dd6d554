"""Running commands on the machine that carries the laboratory."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Optional, Sequence, Union

Word = Union[str, Path]
Argv = Sequence[Word]

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class LabError(Exception):
    """Something the laboratory could not do; the text says what, to what and what to do next."""


def require_root() -> None:
    """Raise `LabError` unless we are root: namespaces and mounts need it."""
    if os.geteuid() != 0:
        raise LabError(
            "the lab boots real hosts in namespaces of this machine and must run as root: "
            "run it again with sudo, or deselect its tests with -m 'not lab'"
        )


def run(
    argv: Argv,
    *,
    data: Optional[str] = None,
    cwd: Optional[Path] = None,
    log: Optional[Path] = None,
) -> str:
    """Run `argv` here and return its standard output.

    `data` goes to its standard input. With `log`, both outputs are appended to that file instead,
    and the result is empty. Raises `LabError` with the end of the output when it fails.
    """
    words = [str(word) for word in argv]
    if log is None:
        done = subprocess.run(
            words, input=data or "", cwd=cwd, capture_output=True, text=True, check=False
        )
        said = done.stderr.strip() or done.stdout.strip()
    else:
        with log.open("ab") as sink:
            done = subprocess.run(
                words,
                input=data or "",
                cwd=cwd,
                stdout=sink,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        said = f"see {log}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    if done.returncode != 0:
        raise LabError(f"{shlex.join(words)} ended with {done.returncode}: {said[-2000:]}")
    return done.stdout or ""


def run_in_tree(root: Path, argv: Argv, *, data: Optional[str] = None) -> str:
    """Run `argv` in the directory tree `root` as in a chroot, with no network and a clean PATH.

    It has /proc and /dev, and whatever it leaves running ends with it.
    """
    script = (
        'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && '
        f'exec chroot "$0" env -i PATH={_PATH} HOME=/root LC_ALL=C.UTF-8 "$@"'
    )
    namespaces = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
    return run([*namespaces, "sh", "-c", script, root, *argv], data=data)


def become(argv: Sequence[str]) -> None:
    """Replace this process by `argv`, so that signals and the terminal are the command's own."""
    sys.stdout.flush()
    os.execvp(argv[0], list(argv))


def clean_environment(term: str = "xterm-256color") -> dict[str, str]:
    """Return the environment of a command in a host: nothing of ours goes in."""
    return {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", "TERM": term}
