"""Another mail server, in the stranger's network: the MX of stranger.example, which takes all.

It stands for the internet's servers: it knows SMTP's few words (RFC 5321) and keeps what it is
given, a file a message. It ends with whoever started it.
"""

from __future__ import annotations

import contextlib
import socketserver
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

from lab import network
from lab.host import Host
from lab.shell import LabError

_PATIENCE = 15.0


class _Talk(socketserver.StreamRequestHandler):
    """One conversation; whatever is asked is granted."""

    def handle(self) -> None:
        # Postfix does not wait for the answer to QUIT.
        with contextlib.suppress(ConnectionError):
            self._talk()

    def _talk(self) -> None:
        envelope: list[str] = []
        # Large providers greet back with the address that they see.
        hello = f"250 mail.stranger.example at your service, [{self.client_address[0]}]"
        self._answers = {"QUIT": "221 bye", "EHLO": hello}
        self._say("220 mail.stranger.example ESMTP")
        for raw in self.rfile:
            line = raw.decode("ascii", "replace").strip()
            verb = line[:4].upper()
            if verb == "DATA":
                self._say("354 go on")
                self._keep(envelope)
            elif verb in {"MAIL", "RCPT"}:
                envelope.append(line)
            self._say(self._answers.get(verb, "250 mail.stranger.example"))
            if verb == "QUIT":
                return

    def _keep(self, envelope: list[str]) -> None:
        """Read a message up to the dot, and write it with its envelope above it."""
        lines = list(iter(self.rfile.readline, b".\r\n"))
        text = "\n".join(envelope).encode() + b"\n\n" + b"".join(lines)
        place = Path(sys.argv[1])
        # Whoever looks for *.eml sees whole messages alone. The name says who sent it.
        part = place / f"{time.time_ns()}-{self.client_address[0]}.part"
        part.write_bytes(text)
        part.rename(part.with_suffix(".eml"))
        envelope.clear()

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextlib.contextmanager
def serve(host: Host, keep: Path) -> Iterator[None]:
    """Run the server beside `host` for the time of a with statement; messages go to `keep`/*.eml.

    Raises `LabError` when it does not answer.
    """
    argv = host.outside_argv([sys.executable, str(Path(__file__).resolve()), str(keep)])
    scripts = Path(__file__).resolve().parents[1]
    variables = {"PYTHONPATH": f"{scripts}:{scripts.parent}"}
    with subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *argv], env=variables) as child:
        try:
            _wait(host)
            yield
        finally:
            child.kill()


def _wait(host: Host) -> None:
    deadline = time.monotonic() + _PATIENCE
    knock = ["bash", "-c", f"</dev/tcp/{network.STRANGER}/25"]
    while host.run_outside(knock).returncode != 0:
        if time.monotonic() > deadline:
            raise LabError("the stranger's mail server does not answer")
        time.sleep(0.05)


if __name__ == "__main__":
    with _Server((network.STRANGER, 25), _Talk) as server:
        server.serve_forever()
