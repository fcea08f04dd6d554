"""Walk the wizard on a lab host over ssh: draw some of its screens, and record the first set-up."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from drawing.recording import animated, frames
from drawing.svg import replayed, svg
from lab import host as lab_host
from lab.host import Host, Options
from tests.lab.login import BACKTAB, CLEAR, END, ENTER, ESCAPE, NEXT, SECTIONS, SPACE, Login

NAME = "pictures"
PROGRAM = Path("dist/postfix-wizard.pyz")
READING, TYPING = 1.8, 0.07
"""Seconds to read a screen, and from key to key."""


class Recorded(Login):
    """A login that notes when its bytes came."""

    def __init__(self, host: Host) -> None:
        self.times: list[tuple[float, int]] = []
        super().__init__(host)

    def read(self, seconds: float) -> int:
        """Read for a while."""
        came = super().read(seconds)
        if came:
            self.times.append((time.monotonic(), len(self.raw)))
        return came

    def wait(self, seconds: float = READING) -> None:
        """Let the viewer read, and note all that comes meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.read(0.02)

    def write(self, text: str) -> None:
        """Type as somebody does."""
        for key in text:
            self.type(key)
            self.wait(TYPING)


def main(target: Path) -> int:
    """Boot a host, draw, and end it again."""
    target.mkdir(parents=True, exist_ok=True)
    lab_host.destroy(NAME)
    host = lab_host.boot(NAME, Options(unimported_key=True, pyz=str(PROGRAM)))
    try:
        _draw(host, target)
    finally:
        host.stop()
    return 0


def _draw(host: Host, target: Path) -> None:
    login = Recorded(host)
    size = (login.screen.columns, login.screen.lines)

    def keep(name: str, title: str) -> None:
        login.wait()
        text = svg(replayed(login.raw, size), title)
        (target / f"{name}.svg").write_text(text, encoding="utf-8")

    try:
        login.see("This host was not set up before", "^Q Quit")
        begin = len(login.times) - 1
        login.wait()
        _answer(login)
        login.see("Nothing has been written yet")
        login.wait(2 * READING)
        login.do("n", "+myhostname = mail.zeke.ne.jp")
        keep("review", "The review of main.cf")
        login.run_plan("This step asks:", "Is this ok [y/N]:")
        keep("run", "A run that asks a question")
        login.do("y" + ENTER, "The run is over: DONE", seconds=60)
        login.wait()
        login.do(NEXT, "postfix-wizard  Result ")
        keep("result", "The result of a run")
        shown = frames(login.raw, login.times[begin:], size)
        recording = animated(shown, size, "A first set-up, from the first screen to the result")
        (target / "set-up.svg").write_text(recording, encoding="utf-8")
        host.run(["postconf", "-e", "myorigin = $mydomain"], check=True)
        login.do(ESCAPE, "postfix-wizard  Sections", "changed by hand")
        keep("list", "The list of sections")
        login.leave("q")
    finally:
        login.close()


def _answer(login: Recorded) -> None:
    """Answer section by section, up to the review."""
    for section in SECTIONS:
        login.do(NEXT, f"postfix-wizard  {section}")
        login.wait()
        if section == "Hostname":
            login.type(CLEAR)
            login.write("mail.zeke.ne.jp")
            login.see("mydomain = zeke.ne.jp")
        elif section == "Domains":
            login.write("cafe.zeke.ne.jp")
            login.do(ENTER, "[x] cafe.zeke.ne.jp")
        elif section == "Networks":
            login.do(BACKTAB + END + SPACE, "[x] 192.168.1.0/24")
        else:
            continue
        login.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
