"""What a command says, hostile and long: on disk, to a viewer, as plain lines on a terminal."""

from __future__ import annotations

import io
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.commands.console import Console
from wizard.plan.actions import Command
from wizard.plan.model import Plan, Step
from wizard.run.follow import follow
from wizard.run.paths import Places, make_run
from wizard.run.records import Output
from wizard.run.request import write_request
from wizard.run.sanitize import MAX_LINE_BYTES
from wizard.run.worker import work

pytestmark = pytest.mark.promise(25)

SAYS = {
    "escape sequences": ("printf '\\033[31mred\\033[0m\\033[2J\\n'", ("red",)),
    "a title": ("printf '\\033]0;owned\\007text\\n\\033]2;x\\033\\\\more\\n'", ("text", "more")),
    "a question to the terminal": ("printf '\\033[6nask\\033[c\\n'", ("ask",)),
    "8-bit controls": ("printf '\\302\\23331mC1\\302\\235title\\302\\234\\n'", ("C1",)),
    "markup": ("printf '%s\\n' '[/] [red]x[/red] [link=x]'", ("[/] [red]x[/red] [link=x]",)),
    "no UTF-8": ("printf '\\377\\376\\300\\257x\\n'", ("\ufffd\ufffd\ufffd\ufffdx",)),
    "a reversal": ("printf '\\342\\200\\256gnp.exe\\n'", ("\ufffdgnp.exe",)),
    "NUL": ("printf 'a\\000b\\n'", ("ab",)),
}


def lines_of(places: Places, script: str) -> tuple[list[str], int]:
    """Run a command and return what a viewer sees of it, and the bytes of its output file."""
    run = make_run(places, time.time())
    step = Step("say", "Say", "why", Command(("sh", "-c", script)))
    write_request(run, Plan("", (), (step,), ()), attended=False)
    assert work(places, run.id) == 0
    lines = [
        line for one in follow(places, run.id) if isinstance(one, Output) for line in one.lines
    ]
    return lines[1:], run.output("say").stat().st_size


def printed(lines: list[str]) -> str:
    out = io.StringIO()
    Console(out, is_terminal=False, colour=False).say(*lines)
    return out.getvalue()


@pytest.mark.parametrize("name", SAYS)
def test_hostile_words_are_plain_lines(places: Places, name: str) -> None:
    script, expected = SAYS[name]
    lines, _ = lines_of(places, script)
    assert tuple(lines) == expected
    assert printed(lines) == "".join(f"{line}\n" for line in expected)


def test_a_line_of_10_mb_comes_in_pieces(places: Places) -> None:
    began = time.monotonic()
    lines, size = lines_of(places, "head -c 10000000 /dev/zero | tr '\\0' x; echo end")
    assert "".join(lines) == "x" * 10_000_000 + "end"
    assert max(map(len, lines)) <= MAX_LINE_BYTES
    assert size > 10_000_000
    assert time.monotonic() - began < 20


@pytest.mark.slow
def test_1_000_000_lines_of_escapes_are_whole(
    places: Places, record_property: Callable[[str, object], None]
) -> None:
    script = "seq -f '\033[31m%.0f[/]' 1000000"
    began = time.monotonic()
    lines, _ = lines_of(places, script)
    assert len(lines) == 1_000_000
    assert (lines[0], lines[-1]) == ("1[/]", "1000000[/]")
    assert not any(unicodedata.category(one) == "Cc" for line in lines[::1000] for one in line)
    assert time.monotonic() - began < 40
    record_property("count:lines", len(lines))


def test_it_is_private_on_disk(places: Places, tmp_path: Path) -> None:
    lines_of(places, "echo x")
    assert [one for one in tmp_path.rglob("output/*") if one.stat().st_mode & 0o777 != 0o600] == []
