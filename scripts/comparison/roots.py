"""Saved roots: a copied /etc, and the state directory where runs were recorded.

They are the configurations of tests/corpus, the runs of tests/recorded and the files of EL's own
package.
"""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from lab import stock

PROJECT = Path(__file__).parents[2]
CORPUS = PROJECT / "tests/corpus"
RECORDED = PROJECT / "tests/recorded"
STATE = "var/lib/postfix-wizard"

ALIASES = (
    "# of this server\npostmaster: root\nabuse: root\n#root:\tmarc\nmailer-daemon: postmaster\n"
)
PASSWD = "root:x:0:0:root:/root:/bin/bash\ntaro:x:1000:1000::/home/taro:/bin/bash\n"
SENDERS = "# ours\nfriend.example OK\nold.example REJECT\n"
ZONE = """\
$TTL 3600
@ IN SOA ns.zeke.ne.jp. root.zeke.ne.jp. ( 1 3600 900 604800 60 )
  IN NS ns.zeke.ne.jp.
ns IN A 192.168.1.1
mail IN A 203.0.113.1
ace IN A 203.0.113.1
"""
NAMED = 'zone "zeke.ne.jp" { type master; file "zeke.ne.jp.zone"; };\n'
_RELEASES = {"el9": "9.4", "el10": "10.0"}


def make(top: Path) -> list[Path]:
    """Make all roots below `top`, a directory each, and return them."""
    shutil.rmtree(top, ignore_errors=True)
    for number, shape in enumerate(sorted(path.parent for path in CORPUS.glob("*/main.cf"))):
        _shape(top / f"shape-{shape.name}", shape, ("el9", "el10")[number % 2])
    for suite in _RELEASES:
        _empty(top / f"new-{suite}", suite)
        root = top / f"stock-{suite}"
        _empty(root, suite)
        files = stock.stock_files(suite)
        _postfix(root, *((files / name).read_bytes() for name in stock.FILES))
    for archive in sorted(RECORDED.glob("*/*.tar.xz")):
        _recorded(top, archive)
    return sorted(top.iterdir())


def _empty(root: Path, suite: str) -> None:
    """A root without Postfix."""
    for name, text in {
        "etc/os-release": _os_release(suite),
        "etc/aliases": ALIASES,
        "etc/passwd": PASSWD,
        "etc/named.conf": NAMED,
        "var/named/zeke.ne.jp.zone": ZONE,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _os_release(suite: str) -> str:
    return f'ID=rhel\nVERSION_ID="{_RELEASES[suite]}"\nNAME="Red Hat"\n'


def _postfix(root: Path, main: bytes, master: bytes) -> None:
    postfix = root / "etc/postfix"
    postfix.mkdir()
    (postfix / "main.cf").write_bytes(main)
    (postfix / "master.cf").write_bytes(master)


def _shape(root: Path, shape: Path, suite: str) -> None:
    _empty(root, suite)
    own = shape / "master.cf"
    master = own if own.exists() else CORPUS / "master.cf"
    _postfix(root, (shape / "main.cf").read_bytes(), master.read_bytes())
    (root / "etc/postfix/sender_access").write_text(SENDERS)
    for table in shape.iterdir():
        if table.name not in {"main.cf", "master.cf"}:
            shutil.copy(table, root / "etc/postfix")


def _recorded(top: Path, archive: Path) -> None:
    """Unpack each situation of an archive: its /etc and its state directory."""
    suite = archive.name.partition(".")[0]
    made = set()
    with tarfile.open(archive) as stored:
        stored.extraction_filter = lambda member, _path: member
        for member in stored:
            situation, _, rest = member.name.partition("/")
            for part, place in (("etc", "etc"), ("state", STATE)):
                if rest == part or rest.startswith(f"{part}/"):
                    member.name = f"{place}{rest[len(part) :]}"
                    made.add(root := top / f"recorded-{suite}-{situation}")
                    stored.extract(member, root)
    for root in made:
        # A host's own file is a link to this one.
        (root / "usr/lib").mkdir(parents=True)
        (root / "usr/lib/os-release").write_text(_os_release(suite))
