"""The section `move`: the server that this one replaces."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.answers.field import text


@dataclass(frozen=True)
class Move:
    """The old server of a move, a name or an address, for the checklist; "" for none.

    With `remote` certificates the default is the host that has them.
    """

    old_server: str = text(
        "Old server",
        "The server that this one replaces: `postfix-wizard move` looks at what is left to do. "
        "Empty: none.",
        "",
        becomes="a checklist",
        rule="server_or_none",
        saved_only=True,
    )
