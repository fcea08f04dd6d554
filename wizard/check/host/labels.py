"""Check the SELinux labels of the files that Postfix reads. A wrong one fails at the next start.

A file that was moved has the label of its old directory, and so have files of earlier versions of the
wizard. matchpathcon(8) compares labels with the policy.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Callable, Iterable, Iterator

from wizard.check.commands import start_command
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import NO_CURE, Check, Cure, Finding
from wizard.host.postfix import INDEX_SUFFIX
from wizard.host.ways import MAX_LINKS
from wizard.paths import PARTED, SENDER_ACCESS
from wizard.text import printable

MOUNTED = "/sys/fs/selinux/enforce"
CONFIG = "/etc/selinux/config"
"""selinux(8)'s file."""
_CHECK = Check("labels", "SELinux labels", "those of the policy", fatal=False)
_MOVED = (
    "A directory above is a link to a place that the policy does not know, and the next relabel "
    "takes these labels: `semanage fcontext -a -e LINK TARGET` makes them last."
)
_WRONG = re.compile(r"^(/.*) has context (\S+), should be (?!<<none>>)(\S+)$", re.MULTILINE)


def begin_labels(
    door: Door, tables: Iterable[str], certificates: Iterable[str]
) -> Callable[[], Iterator[Finding]]:
    """Compare the labels of all files in one command; call the result to wait for `labels`.

    It yields nothing if SELinux is off. `tables` are paths without the suffix of an index.
    """
    if not is_selinux_on(door):
        return lambda: iter(())
    texts = (*PARTED, SENDER_ACCESS, *tables)
    indexes = (f"{text}{suffix}" for text in texts for suffix in INDEX_SUFFIX.values())
    named = [path for path in (*texts, *indexes, *certificates) if path.startswith("/")]
    paths = list(dict.fromkeys(one for path in named for one in _followed(door, path)))
    pending = start_command(door, ("matchpathcon", "-V", *paths))

    def finish() -> Iterator[Finding]:
        answer = pending()
        text = answer.text
        # It ends with an error if any label differs.
        if answer.why or len(text.splitlines()) != len(paths):
            why = answer.failure or "matchpathcon did not answer for each file"
            yield _CHECK.unknown(why)
            return
        wrong = _WRONG.findall(text)
        # It compares with the label of the path without links, but prints that of the given path.
        moved = [path for path, has, right in wrong if has == right]
        others = [path for path, has, right in wrong if has != right]
        advice = [f"Run `restorecon -F {printable(shlex.join(others))}`; then restart postfix."]
        argv = ("restorecon", "-F", *others)
        relabel = Cure((argv, ("systemctl", "restart", "postfix"))) if others else NO_CURE
        seen = "; ".join(printable(f"{path} {_mismatch(has, right)}") for path, has, right in wrong)
        hints = (*(advice if others else ()), *((_MOVED,) if moved else ()))
        yield (
            _CHECK.warning(seen, " ".join(hints), relabel)
            if wrong
            else _CHECK.right(f"{len(paths)} right")
        )

    return finish


def _mismatch(has: str, right: str) -> str:
    if has == right:
        return f"has {has}, which is not the policy's where its links lead"
    return f"has {has}, not {right}"


def _followed(door: Door, path: str) -> Iterator[str]:
    """Yield an existing path and, if it is a link such as certbot's, its targets."""
    try:
        for _ in range(MAX_LINKS):
            status = door.lstat(path)
            if status is None:
                return
            yield path
            target = door.read_link(path) if stat.S_ISLNK(status.st_mode) else None
            if target is None:
                return
            path = os.path.normpath(os.path.join(os.path.dirname(path), target))  # noqa: PTH118, PTH120
    except Trouble:
        return


def is_selinux_on(door: Door) -> bool:
    """Return True if SELinux is enforcing or permissive; in another root, if it is configured so."""
    if door.is_live:
        return door.lstat(MOUNTED) is not None
    config = door.read_text(CONFIG) or ""
    return bool(
        re.search(r"^[ \t]*SELINUX[ \t]*=[ \t]*(enforcing|permissive)\b", config, re.MULTILINE)
    )
