"""A small certificate authority for tests: a root, an issuer below it, and leaves, with any dates."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

DAY = 86400
_CONF = """[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
[leaf]
subjectAltName = DNS:{dns}
[ca_section]
"""


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, in PEM files."""

    cert: Path
    key: Path


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def issue(
    at: Path,
    name: str,
    issuer: Issued | None = None,
    *,
    begins: float = -1,
    ends: float = 60,
    kind: str = "ec",
) -> Issued:
    """Issue a certificate `name` that begins and ends so many days from now.

    A name with a dot is a leaf, others are authorities. Without an issuer it signs itself.
    """
    made = Issued(at / f"{name}.pem", at / f"{name}.key")
    conf, request = at / f"{name}.conf", at / f"{name}.csr"
    conf.write_text(_CONF.format(dns=name if "." in name else "x.example"))
    how = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256") if kind == "ec" else (kind,)
    _run(
        *("openssl", "req", "-new", "-newkey", *how, "-nodes", "-keyout", str(made.key)),
        *("-subj", f"/CN={name}", "-config", str(conf), "-out", str(request)),
    )
    days = [
        time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + n * DAY)) for n in (begins, ends)
    ]
    state = at / f"{name}.state"
    state.mkdir()
    (state / "index.txt").touch()
    ca = (
        f"[ca]\ndefault_ca = own\n[own]\ndatabase = {state}/index.txt\nnew_certs_dir = {state}\n"
        f"default_md = sha256\npolicy = any\nunique_subject = no\nrand_serial = yes\n"
        "[any]\ncommonName = supplied\n"
    )
    (state / "ca.conf").write_text(ca)
    signer = issuer or made
    signs = ("-selfsign",) if issuer is None else ("-cert", str(signer.cert))
    _run(
        *("openssl", "ca", "-batch", "-notext", "-config", str(state / "ca.conf"), *signs),
        *("-keyfile", str(signer.key), "-in", str(request), "-out", str(made.cert)),
        *("-startdate", days[0], "-enddate", days[1]),
        *("-extfile", str(conf), "-extensions", "leaf" if "." in name else "ca"),
    )
    return made
