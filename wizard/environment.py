"""The environment of every child process: ours, never the caller's (environ(7)).

What an operator's shell carries would change what a command does or says: PATH and
PYTHONPATH which program runs, LC_ALL the words it answers in, MAIL_CONFIG which Postfix is
looked at (postconf(1)), LD_PRELOAD anything at all.
"""

from __future__ import annotations


def child_environment() -> dict[str, str]:
    """Return a new dict that holds the whole environment of a child process."""
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "SHELL": "/bin/sh",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "SYSTEMD_COLORS": "0",
        "SYSTEMD_PAGER": "",
    }
