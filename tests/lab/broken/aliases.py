"""/etc/aliases: rows that lead nowhere, and an index that was built by another rule."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import RELOAD, Way

_ALIASES = "/etc/aliases"


def _row(text: str, *cause: str, stops: Optional[bool] = None, mend: str = ":") -> Way:
    """Return a way that appends a row and builds the index again."""
    return Way(
        f"printf '%s\\n' '{text}' >>{_ALIASES}; newaliases 2>/dev/null || :",
        settle=RELOAD,
        cause=cause,
        stops=stops,
        mend=mend,
    )


def _root(to: str, *cause: str, stops: Optional[bool] = None) -> Way:
    return Way(
        f"sed -i 's#^root:.*#root: {to}#' {_ALIASES}; newaliases 2>/dev/null || :",
        settle=RELOAD,
        cause=cause,
        stops=stops,
    )


WAYS = {
    "aliases built by postmap": Way(
        f"rm -f {_ALIASES}.db {_ALIASES}.lmdb; "
        f"postmap $(postconf -h default_database_type):{_ALIASES} 2>/dev/null",
        settle=RELOAD,
        cause=(_ALIASES, "newaliases|postalias"),
        stops=True,
    ),
    "aliases built from an older text": Way(
        f"printf 'sales: taro\\n' >>{_ALIASES}; touch -d '2 days ago' {_ALIASES}",
        settle=RELOAD,
        cause=(_ALIASES, "newaliases"),
    ),
    "an empty index of the aliases": Way(
        f"for one in {_ALIASES}.*; do : >$one; done",
        settle=RELOAD,
        cause=(_ALIASES, "newaliases"),
        stops=True,
    ),
    "the index of the aliases is a user's": Way(
        f"chown taro {_ALIASES}.*", settle=RELOAD, cause=(_ALIASES, "\\bown|taro"), stops=False
    ),
    "aliases that anybody may write": Way(
        f"chmod 666 {_ALIASES}", settle=RELOAD, cause=(_ALIASES, "write|writable|mode")
    ),
    "an alias without its colon": _row("sales taro", _ALIASES, "sales|line", stops=True),
    "the same alias twice": _row("root: named", _ALIASES, "root", "twice|duplicate"),
    "root's mail thrown away": _root("/dev/null", "/dev/null", stops=True),
    "root's mail to a user who left": _root("hanako", "hanako", stops=True),
    "root's mail to a domain that is gone": _root(
        "admin@gone.example", "gone\\.example", stops=True
    ),
    "root's mail into a file of no directory": _root(
        "/var/archive/root.mbox", "/var/archive/root\\.mbox", stops=True
    ),
    "root's mail to a program that is not there": _root(
        '"|/usr/local/bin/ticket"', "/usr/local/bin/ticket", stops=True
    ),
    "root's mail to a program that may not run": Way(
        "printf '#!/bin/sh\\ncat >/dev/null\\n' >/srv/broken/ticket; chmod 644 /srv/broken/ticket; "
        f"sed -i 's#^root:.*#root: \"|/srv/broken/ticket\"#' {_ALIASES}; newaliases",
        settle=RELOAD,
        cause=("/srv/broken/ticket",),
        stops=True,
        mend="rm -f /srv/broken/ticket",
    ),
    "root's mail to a list that is not there": _root(
        ":include:/etc/postfix/staff", "/etc/postfix/staff", stops=True
    ),
    "a list that anybody may write": Way(
        "echo taro >/srv/broken/staff; chmod 666 /srv/broken/staff; "
        f"printf 'staff: :include:/srv/broken/staff\\n' >>{_ALIASES}; newaliases",
        settle=RELOAD,
        cause=("/srv/broken/staff", "write|writable|mode"),
        mend="rm -f /srv/broken/staff",
    ),
    "an alias of a user's own name to another": _row(
        "taro: jiro@gone.example", "taro", "gone\\.example", stops=True
    ),
    "an alias that loops over two names": _row(
        "sales: info\ninfo: sales", "sales", "info", stops=True
    ),
}
