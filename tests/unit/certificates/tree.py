"""Certificates made by openssl when the tests start, and trees as certbot lays them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

KINDS = ("cert", "chain", "fullchain", "privkey")


@dataclass(frozen=True)
class Issued:
    """The four files' bytes of one issue."""

    cert: bytes
    chain: bytes
    privkey: bytes

    def file(self, kind: str) -> bytes:
        if kind == "fullchain":
            return self.cert + self.chain
        content: bytes = getattr(self, kind)
        return content


class Authority:
    """Issues self-signed pairs; the `chain` is always the same, as it is in life."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.chain = self._pair("chain", ())[0]

    def issue(self, *names: str, days: int = 90) -> Issued:
        cert, key = self._pair("leaf", names, days)
        return Issued(cert, self.chain, key)

    def locked(self, issued: Issued) -> Issued:
        """The same with the key behind a password."""
        key = subprocess.run(
            ["openssl", "pkey", "-aes256", "-passout", "pass:secret"],
            input=issued.privkey,
            capture_output=True,
            check=True,
        ).stdout
        return Issued(issued.cert, issued.chain, key)

    def _pair(self, name: str, names: Iterable[str], days: int = 90) -> tuple[bytes, bytes]:
        cert, key = self.place / f"{name}.pem", self.place / f"{name}.key"
        subjects = [f"subjectAltName={','.join(f'DNS:{one}' for one in names)}"] if names else []
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-newkey", "ec"),
                *("-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={name}"),
                *("-days", str(days), "-keyout", str(key), "-out", str(cert)),
                *(word for subject in subjects for word in ("-addext", subject)),
            ],
            capture_output=True,
            check=True,
        )
        return cert.read_bytes(), key.read_bytes()


class LetsEncrypt:
    """/etc/letsencrypt below another root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "etc/letsencrypt"
        (self.home / "live").mkdir(parents=True)
        (self.home / "live/README").write_text("This directory contains your keys\n")

    def archive(self, name: str, number: int, issued: Issued) -> None:
        place = self.home / "archive" / name
        place.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            (place / f"{kind}{number}.pem").write_bytes(issued.file(kind))

    def live(self, name: str) -> Path:
        place = self.home / "live" / name
        place.mkdir(exist_ok=True)
        return place

    def link(self, name: str, number: int, kinds: Iterable[str] = KINDS) -> None:
        for kind in kinds:
            path = self.live(name) / f"{kind}.pem"
            path.unlink(missing_ok=True)
            path.symlink_to(f"../../archive/{name}/{kind}{number}.pem")

    def flatten(self, name: str, number: int, kinds: Iterable[str] = KINDS) -> None:
        """What `scp -pr` makes of the links."""
        for kind in kinds:
            path = self.live(name) / f"{kind}.pem"
            path.unlink(missing_ok=True)
            archived = self.home / "archive" / name / f"{kind}{number}.pem"
            path.write_bytes(archived.read_bytes())
