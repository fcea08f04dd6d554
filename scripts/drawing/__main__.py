"""Walk the wizard on a lab host over ssh and draw four of its screens into a directory."""

from __future__ import annotations

import sys
from pathlib import Path

from drawing.svg import replayed, svg
from lab import host as lab_host
from lab.host import Host, Options
from tests.lab.login import BACKTAB, CLEAR, END, ENTER, ESCAPE, NEXT, SPACE, Login

NAME = "pictures"
PROGRAM = Path("dist/postfix-wizard.pyz")


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
    login = Login(host)

    def keep(name: str) -> None:
        login.read(1.0)
        screen = replayed(login.raw, (login.screen.columns, login.screen.lines))
        (target / f"{name}.svg").write_text(svg(screen, name), encoding="utf-8")

    try:
        login.see("This host was not set up before")
        login.walk(until="Hostname")
        login.do(CLEAR + "mail.zeke.ne.jp", "mydomain = zeke.ne.jp")
        login.walk(since="Hostname", until="Domains")
        login.do("cafe.zeke.ne.jp" + ENTER, "[x] cafe.zeke.ne.jp")
        login.walk(since="Domains", until="Networks")
        login.do(BACKTAB + END + SPACE, "[x] 192.168.1.0/24")
        login.walk(since="Networks")
        login.see("Nothing has been written yet")
        login.do("n", "+myhostname = mail.zeke.ne.jp")
        keep("review")
        login.run_plan("This step asks:", "Is this ok [y/N]:")
        keep("run")
        login.do("y" + ENTER, "The run is over: DONE", seconds=60)
        login.do(NEXT, "postfix-wizard  Result ")
        keep("result")
        host.run(["postconf", "-e", "myorigin = $mydomain"], check=True)
        login.do(ESCAPE, "postfix-wizard  Sections", "changed by hand")
        keep("list")
        login.leave("q")
    finally:
        login.close()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
