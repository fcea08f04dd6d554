"""Every screen in every look, as one SVG each: `python -m drawing.gallery DIR [SCENE ...]`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from drawing.svg import replayed, svg
from tests.screens.terminal import Terminal

NEXT, ENTER, ESCAPE = "\x0e", "\r", "\x1b"
SECONDS = 60.0
SETTLED = 0.7
"""Seconds after the last words until a screen is drawn whole."""


class Look(NamedTuple):
    """The size and the colours of a terminal."""

    size: tuple[int, int]
    environment: dict[str, str]


SMALL, WIDE = (80, 24), (132, 43)
LOOKS = {
    "80x24": Look(SMALL, {}),
    "132x43": Look(WIDE, {}),
    "16-colours": Look(SMALL, {"TERM": "xterm"}),
    "no-colour": Look(SMALL, {"NO_COLOR": "1"}),
}


class Scene(NamedTuple):
    """A stage, and the keys up to a screen, each with the words that it brings into sight.

    `before` is done in an earlier sitting on the same stage.
    """

    stage: str
    first: str
    keys: tuple[tuple[str, str], ...] = ()
    before: tuple[tuple[str, str], ...] = ()


SECTIONS = ("Hostname", "Domains", "Networks", "Certificate", "Blocklists", "More", "Review")


def _to(section: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (NEXT, f"postfix-wizard  {one}") for one in SECTIONS[: SECTIONS.index(section) + 1]
    )


FRESH, HOME, OVER = "This host was not set up before", "as found", "The run is over"
REVIEW = (*_to("Review"), ("", "First decide"))
RESULT = ((ENTER, "postfix-wizard  Result"), ("", "^Q Quit"))
SCENES = {
    "host": Scene("fresh", FRESH),
    **{f"form-{one.lower()}": Scene("fresh", FRESH, _to(one)) for one in SECTIONS[:-1]},
    "form-changed": Scene("fresh", FRESH, (*_to("Hostname"), ("\x05\x15mx..x\t", "WRONG"))),
    "suggestions": Scene("fresh", FRESH, (*_to("Hostname"), ("\x0c", "the usual name in"))),
    "review-summary": Scene("fresh", FRESH, REVIEW),
    "review-file": Scene("fresh", FRESH, (*REVIEW, ("2", "[2 main.cf]"))),
    "review-commands": Scene("fresh", FRESH, (*REVIEW, ("4", "[4 Commands]"))),
    "review-notes": Scene("fresh", FRESH, (*REVIEW, ("5", "[5 Notes]"))),
    "review-danger": Scene("fresh", FRESH, (*REVIEW, (ENTER, "Strangers can send"))),
    "review-conflict": Scene("edited", HOME, (("\x1b[F" + ENTER, "First decide"),)),
    "review-three": Scene(
        "edited", HOME, (("\x1b[F" + ENTER, "First decide"), (ENTER, "(h: the diff)"))
    ),
    "run": Scene("asks", "Is this ok"),
    "run-steps": Scene("asks", "Is this ok", ((ESCAPE, "waits"),)),
    "run-failed": Scene("fails", OVER),
    "result-failed": Scene("fails", OVER, RESULT),
    "result": Scene("repairs", OVER, (*RESULT, ("\x1b[B", ""))),
    "result-whole": Scene("repairs", OVER, (*RESULT, ("\x1b[B" + ENTER, "Esc Close"))),
    "list": Scene("set-up", HOME),
    "runs": Scene("set-up", HOME, (("b", "Runs, the newest first"),)),
    "undo": Scene("set-up", HOME, (("u", "Undo of a run"), ("", "r runs"))),
    "check": Scene("set-up", HOME, (("c", "1 thing to repair"),)),
    "log": Scene("set-up", HOME, (("l", "1,234 connections"),)),
    "move": Scene("moves", HOME, (("m", "The move from"), ("", "OPEN"))),
    "help": Scene("fresh", FRESH, (*_to("Hostname"), ("\x07", "Help: Hostname"))),
    "quit": Scene("fresh", FRESH, (*_to("Domains"), ("\x11", "Quit?"))),
    "offer": Scene(
        "fresh",
        "Answers that were not run",
        (),
        (("", FRESH), *_to("Hostname"), ("x\t", ""), ("\x11", "Quit?"), ("y", "")),
    ),
}


def main(target: str, *wanted: str) -> int:
    """Draw the scenes, two at a time."""
    Path(target).mkdir(parents=True, exist_ok=True)
    names = wanted or tuple(SCENES)
    with ThreadPoolExecutor(2) as pool:
        drawn = pool.map(
            lambda one: _draw(Path(target), *one), ((n, k) for n in names for k in LOOKS)
        )
        return 0 if all(drawn) else 1


def _draw(target: Path, name: str, look: str) -> bool:
    """Draw one scene in one look. Return False if words did not come into sight."""
    scene, (size, environment) = SCENES[name], LOOKS[look]
    with TemporaryDirectory() as private:
        # Nobody else may write to the directory above that of the drafts.
        state = f"{private}/state"
        try:
            if scene.before:
                _walk(scene.stage, state, size, environment, scene.before)
            terminal = _walk(
                scene.stage, state, size, environment, (("", scene.first), *scene.keys)
            )
        except AssertionError as error:
            print(f"{name} in {look}: {error}", file=sys.stderr)
            return False
    picture = svg(replayed(terminal.raw, size), f"{name}, {look}")
    (target / f"{name}-{look}.svg").write_text(picture, encoding="utf-8")
    return True


def _walk(
    stage: str,
    state: str,
    size: tuple[int, int],
    environment: dict[str, str],
    keys: tuple[tuple[str, str], ...],
) -> Terminal:
    """Press the keys on a stage, end it, and return the terminal with what it was sent."""
    terminal = Terminal([sys.executable, "-m", "drawing.stage", stage, state], size, **environment)
    try:
        for key, words in keys:
            terminal.type(key)
            terminal.until(words, SECONDS)
            terminal.read(SETTLED)
            while terminal.read(SETTLED):
                pass
    finally:
        terminal.close()
    return terminal


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
