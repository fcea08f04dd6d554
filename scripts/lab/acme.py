"""An ACME server of the lab's own: Let's Encrypt's pebble, in the stranger's network.

It asks the host's named for names and comes to the host's port 80 through the outside, as a real
one does. It forgets all it issued when it ends, and its root is another each time.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Iterator, Mapping, Optional

from lab import base, debs, network, store
from lab.host import Host
from lab.shell import LabError, run
from lab.suites import suite

_HERE = Path(__file__).resolve().parent
_RELEASE = "bookworm"
"""pebble is a program of this machine, not of the host."""
_NAME = "stranger.example"
_PORT = 14000
URL = f"https://{_NAME}:{_PORT}/dir"
"""The server's directory, as certbot's --server takes it; the host trusts its certificate."""
_QUICK = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
_PATIENCE = 15.0


def binary() -> Path:
    """Return the program, fetched once from this machine's Debian release."""
    recipe = store.digest(_RELEASE, files=[_HERE / "acme.py", _HERE / "debs.py"])
    return store.layer("pebble", recipe, _fetch) / "tree/usr/bin/pebble"


def _fetch(to: Path) -> None:
    debs.download(_RELEASE, ["pebble"], to)
    (package,) = to.glob("pebble_*.deb")
    run(["dpkg-deb", "-x", package, to / "tree"])


def lay(host: Host, directory: Path) -> list[str]:
    """Write the server's files below `directory`, let it reach the host, return its command line."""
    authority = base.build(suite(host.options.suite)).authority
    extensions = directory / "extensions.cnf"
    extensions.write_text(f"subjectAltName = DNS:{_NAME}\n")
    key, request, cert = (directory / name for name in ("key.pem", "request.csr", "cert.pem"))
    run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-noenc", "-keyout", key,
         "-subj", f"/CN={_NAME}", "-out", request])  # fmt: skip
    run(["openssl", "x509", "-req", "-sha256", "-days", "7", "-in", request, "-out", cert,
         "-CA", authority / "issuer.pem", "-CAkey", authority / "issuer.key",
         "-set_serial", f"{time.time_ns()}", "-extfile", extensions])  # fmt: skip
    cert.write_text(cert.read_text() + (authority / "issuer.pem").read_text())
    settings = {
        "listenAddress": f"{network.STRANGER}:{_PORT}",
        "managementListenAddress": f"{network.STRANGER}:15000",
        "certificate": str(cert),
        "privateKey": str(key),
        "httpPort": 80,
        "tlsPort": 443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "certificateValidityPeriod": 90 * 86400,
    }
    config = directory / "pebble.json"
    config.write_text(json.dumps({"pebble": settings}))
    network.let_through(host.net)
    return [str(binary()), "-config", str(config), "-dnsserver", f"{network.HOST_OUTSIDE}:53"]


@contextlib.contextmanager
def serve(host: Host, settings: Optional[Mapping[str, str]] = None) -> Iterator[Path]:
    """Run the server for the time of a with statement; yield the file of what it says.

    `settings` are more variables of pebble(1)'s environment. Raises `LabError` when it does not
    answer.
    """
    with tempfile.TemporaryDirectory(prefix="lab-acme-") as place:
        directory = Path(place)
        said = directory / "said"
        words = lay(host, directory)
        variables = [f"{name}={value}" for name, value in {**_QUICK, **(settings or {})}.items()]
        # It ends with whoever started it, however that ends.
        argv = ["setpriv", "--pdeathsig", "KILL", *host.outside_argv(["env", *variables, *words])]
        with said.open("wb") as sink, subprocess.Popen(argv, stdout=sink, stderr=sink) as child:
            try:
                _wait(host, said)
                yield said
            finally:
                child.kill()


def _wait(host: Host, said: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    knock = ["bash", "-c", f"</dev/tcp/{network.STRANGER}/{_PORT}"]
    while host.run_outside(knock).returncode != 0:
        if time.monotonic() > deadline:
            raise LabError(f"pebble does not answer: {said.read_text(errors='replace')[-500:]}")
        time.sleep(0.05)
