"""The aliases of a host of which one thing cannot be read: the other is known all the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wizard.door import Door, Outcome
from wizard.errors import Trouble
from wizard.host.aliases import read_aliases, read_aliases_file
from wizard.paths import ALIASES


class Slow(Door):
    """A host whose postalias takes too long."""

    def run(
        self, argv: Sequence[str], *, timeout: float = 15, data: bytes | None = None
    ) -> Outcome | None:
        assert data is None
        raise Trouble(f"running {argv[0]}", f"no answer within {timeout:g} s", "")


def test_a_table_that_is_not_told_in_time_leaves_the_text_known(tmp_path: Path) -> None:
    text = tmp_path / ALIASES.lstrip("/")
    text.parent.mkdir()
    text.write_text("root: taro\n")
    (tmp_path / f"{ALIASES}.db".lstrip("/")).write_bytes(b"a table\n")
    door = Slow(tmp_path)
    file = read_aliases_file(door)
    found = read_aliases(door, file, {}, "hash")
    assert (file.live, found.rows, file.why) == (b"root: taro\n", None, "")
    assert found.why_no_rows == "no answer within 60 s"


def test_a_text_that_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / ALIASES.lstrip("/")).mkdir(parents=True)
    file = read_aliases_file(Slow(tmp_path))
    assert file.live is None
    assert file.why
    assert read_aliases(Slow(tmp_path), file, {}, "hash").rows is None
