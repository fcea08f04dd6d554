"""Modes by what a file is: nothing of another server's mode counts but that it can be run."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from wizard.certificates.modes import directory_mode, file_mode, is_program

TREE = "/etc/letsencrypt"

MODES = [
    first | middle | last
    for first, middle, last in itertools.product(
        (0o0000, 0o1000, 0o2000, 0o4000, 0o6000, 0o7000),
        (0o000, 0o400, 0o600, 0o640, 0o644, 0o666, 0o444),
        (0o000, 0o001, 0o100, 0o111, 0o022),
    )
]

FILES = {
    "archive/a.example/privkey1.pem": 0o600,
    "archive/a.example/privkey12.pem": 0o600,
    "live/a.example/privkey.pem": 0o600,
    "archive/a.example/cert1.pem": 0o644,
    "live/a.example/fullchain.pem": 0o644,
    "live/README": 0o644,
    "accounts/x/directory/1/private_key.json": 0o600,
    "accounts/x/directory/1/regr.json": 0o600,
    "keys/0000_key-certbot.pem": 0o600,
    "csr/0000_csr-certbot.pem": 0o644,
    "renewal/a.example.conf": 0o644,
    "cli.ini": 0o644,
    "options-ssl-apache.conf": 0o644,
    "ssl-dhparams.pem": 0o644,
}
PROGRAMS = ("renewal-hooks/deploy/x", "renewal-hooks/pre/x", "helper.sh", "cloudflare.ini", ".x")


@pytest.mark.promise(35)
def test_of_no_mode_anything_comes_along(record_property: Callable[[str, object], None]) -> None:
    for mode in MODES:
        for path, expected in FILES.items():
            assert file_mode(f"{TREE}/{path}", mode) == expected, (path, oct(mode))
            assert not is_program(f"{TREE}/{path}", mode)
        for path in PROGRAMS:
            can_run = bool(mode & 0o111)
            assert file_mode(f"{TREE}/{path}", mode) == (0o700 if can_run else 0o600)
            assert is_program(f"{TREE}/{path}", mode) == can_run
    record_property("count:modes", len(MODES) * (len(FILES) + len(PROGRAMS)))


@pytest.mark.promise(35)
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("live", 0o700), ("live/a.example", 0o700), ("archive", 0o700), ("archive/a", 0o700),
        ("accounts", 0o700), ("accounts/x/directory/1", 0o700), ("keys", 0o700),
        ("renewal", 0o755), ("renewal-hooks", 0o755), ("renewal-hooks/deploy", 0o755),
        ("csr", 0o755), ("livery", 0o755),
    ],
)  # fmt: skip
def test_directories(path: str, expected: int) -> None:
    assert directory_mode(f"{TREE}/{path}") == expected


def test_outside_the_tree() -> None:
    assert directory_mode(TREE) == directory_mode("/etc") == 0o755
    assert file_mode("/etc/shadow", 0o4777) == 0o600
    assert not is_program("/usr/bin/certbot", 0o755)
