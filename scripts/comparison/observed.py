"""What a program did, as text files below a directory: one file for each call, file or screen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Observed:
    """The directory of one program's observations."""

    directory: Path

    def call(self, name: str, code: int, out: str, err: str) -> None:
        """Keep what a command printed; JSON is kept with one value a line."""
        self.text(name, f"exit status {code}\n== output\n{_in_lines(out)}== errors\n{err}")

    def text(self, name: str, text: str) -> None:
        """Keep a text, such as a file of the host or a screen."""
        path = self.directory / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def all(self) -> dict[str, str]:
        """Return every text by its name."""
        return {
            str(path.relative_to(self.directory))[: -len(".txt")]: path.read_text(encoding="utf-8")
            for path in sorted(self.directory.rglob("*.txt"))
        }


def _in_lines(out: str) -> str:
    try:
        return json.dumps(json.loads(out), indent=1, ensure_ascii=False) + "\n"
    except ValueError:
        return out
