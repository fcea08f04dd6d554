"""A rerun of one section, against the same edit by hand."""

from __future__ import annotations

from benchmarks.figures import Figure
from benchmarks.hosts import ANSWERS, PROGRAM, Run, column, measure, set_up, yard

HOW = """\
`apply --section limits --yes` with another message_size_limit, and back, on an EL9 host that the wizard
has set up, by turns with `postconf -e` of a parameter that is not ours (else it would be a hand edit)
and `systemctl reload postfix` there. Ours plans, stages, asks `postconf` whether Postfix reads what was
meant, keeps a journal, reloads, and proves the result by talking to the server; the peer does none of it.
main.cf is two seconds old before each turn: Postfix's programs wait while it is younger."""

OTHER = "/root/other.toml"
SIZE = 20_971_520
"""A message_size_limit in bytes that is not the seed's."""

OLD_ENOUGH = ["touch", "-d", "-2 seconds", "/etc/postfix/main.cf"]


def measure_row(rounds: int) -> list[Figure]:
    """Measure a rerun there and back, against postconf and reload."""
    with yard() as here:
        host = set_up(here)
        other = f"{host.read(ANSWERS)}\n[limits]\nmessage_size_limit = {SIZE}\n"
        host.write(OTHER, other, 0o600)
        runs = [
            Run("ours", _ours(OTHER), [OLD_ENOUGH]),
            Run("peer", _by_hand(SIZE), [OLD_ENOUGH]),
            Run("ours back", _ours(ANSWERS), [OLD_ENOUGH]),
            Run("peer back", _by_hand(0), [OLD_ENOUGH]),
        ]
        measure(host, runs, 1)
        found = measure(host, runs, rounds)
    ours = column([*found["ours"], *found["ours back"]], "wall")
    peer = column([*found["peer"], *found["peer back"]], "wall")
    return [Figure("rerun", "one section again", "s", ours, "postconf -e and reload", peer)]


def _ours(answers: str) -> list[str]:
    return [PROGRAM, "apply", "--answers", answers, "--section", "limits", "--yes"]


def _by_hand(size: int) -> list[str]:
    return ["sh", "-c", f"postconf -e mailbox_size_limit={size} && systemctl reload postfix"]
