"""SELinux labels: what came from elsewhere has those of its way (restorecon(8))."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.errors import Trouble
from wizard.run.context import Context, listed


def restore_labels(what: str, paths: Sequence[str], context: Context) -> None:
    """Restore the labels of these files and directories where SELinux is on. Raises Trouble."""
    try:
        enabled = context.query("selinuxenabled").status == 0
    except Trouble:
        enabled = False
    if not enabled:
        context.say("SELinux is not enabled: no labels to restore.")
        return
    argv = ("restorecon", "-RF", *paths)
    done = context.run(*argv)
    if done.status != 0:
        raise Trouble(f"labelling {what}", listed(argv, done), "Set that right, then start again.")
