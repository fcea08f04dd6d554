"""Each network of mynetworks by itself: this host's own, private, chosen, a neighbour's, everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.check.postfix.trusted import expanded, judge_trusted, networks_of
from wizard.door import Door, Running
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG
from wizard.host.facts import Network
from wizard.postfix.settings import Settings

HOST = Network(addresses=("192.0.2.5", "10.0.0.5", "fe80::1%eth0"))


class Tables(Door):
    """A root whose tables print this."""

    said = ""

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        assert argv[:3] == ("postmap", "-q", "-")
        code = 0 if self.said.startswith("198") else 1
        where = "2" if self.said.startswith("postmap") else "1"
        shell = ("sh", "-c", f"printf '%s' \"$1\" >&{where}; exit {code}", "sh", self.said)
        return Door().start(shell, timeout=timeout, data=data)


def judged(root: Path, mynetworks: str, *chosen: str, said: str = "") -> tuple[str, str]:
    door = Tables(root)
    door.said = said
    (found,) = judge_trusted(door, Settings({"mynetworks": mynetworks}), HOST, chosen)
    return found.verdict, found.seen


@pytest.mark.parametrize(
    ("mynetworks", "verdict"),
    [
        ("127.0.0.0/8, [::1]/128, 10.0.0.0/8 [fd00::]/8", RIGHT),
        ("127.0.0.0/8, 192.0.2.5", RIGHT),
        ("!198.51.100.0/24, 127.0.0.0/8", RIGHT),
        ("127.0.0.0/8, 192.0.2.6", WARNING),
        ("127.0.0.0/8, 203.0.113.0/24", WARNING),
        ("127.0.0.0/8, 100.64.0.0/10", WRONG),
        ("0.0.0.0/0", WRONG),
        ("127.0.0.0/8, 203.0.112.0/19", WRONG),
        ("[2001:db8::]/48", WARNING),
        ("[2000::]/3", WRONG),
        ("0.0.0.0/1, 128.0.0.0/1", WRONG),
        ("no-such-word", RIGHT),
    ],
)
def test_a_network(tmp_path: Path, mynetworks: str, verdict: str) -> None:
    assert judged(tmp_path, mynetworks)[0] == verdict


def test_a_network_that_was_chosen(tmp_path: Path) -> None:
    assert judged(tmp_path, "203.0.113.0/24", "203.0.113.0/24")[0] == RIGHT
    assert judged(tmp_path, "203.0.113.0/24, 198.51.100.0/24", "203.0.113.0/24")[0] == WARNING


def test_a_file_of_networks_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "etc/postfix/nets"
    file.parent.mkdir(parents=True)
    file.write_text("# ours\n10.0.0.0/8 127.0.0.0/8\n\n203.0.112.0/19\n")
    verdict, seen = judged(tmp_path, "/etc/postfix/nets")
    assert (verdict, "203.0.112.0/19" in seen) == (WRONG, True)
    assert expanded(Door(tmp_path), ("!/etc/postfix/nets", "/none")) == (
        "!10.0.0.0/8",
        "!127.0.0.0/8",
        "!203.0.112.0/19",
        "/none",
    )


def test_a_table_is_queried_for_strangers(tmp_path: Path) -> None:
    assert judged(tmp_path, "cidr:/etc/postfix/nets")[0] == RIGHT
    assert judged(tmp_path, "cidr:/etc/postfix/nets", said="198.51.100.77\tOK\n")[0] == WRONG
    fault = "postmap: fatal: open /etc/postfix/nets: No such file"
    assert judged(tmp_path, "cidr:/etc/postfix/nets", said=fault)[0] == UNKNOWN


def test_networks_have_one_meaning() -> None:
    assert networks_of(("10.0.0.5", "[::1]")) == networks_of(("10.0.0.5/32", "[0::1]/128"))
    assert networks_of(("10.0.0.5", "!10.0.0.6")) == {"10.0.0.5/32", "!10.0.0.6"}
