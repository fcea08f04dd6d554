"""The lists of suites against IANA's registry, and against this machine's OpenSSL."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from wizard.check.abuse.suites import (
    ANONYMOUS_SUITES,
    ECDSA_SUITES,
    OLD_SUITES,
    RSA_SUITES,
    WEAK_SUITES,
    fault_of,
)

REGISTRY = {
    int(number, 16): name
    for number, name in (
        line.split()
        for line in Path(__file__).with_name("iana-suites.txt").read_text().splitlines()
        if not line.startswith("#")
    )
}
INTEGRITY_ALONE = {0xC0B4, 0xC0B5}
"""RFC 9150: suites of TLS 1.3 without encryption, whose names do not say so."""


def test_the_registry_is_whole() -> None:
    assert len(REGISTRY) == 352
    assert all(re.fullmatch(r"TLS_[A-Z0-9_a-z]+", name) for name in REGISTRY.values())


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("_anon_", "no authentication"),
        ("_NULL", "no encryption"),
        ("EXPORT", "export"),
        ("(?<!EXPORT_WITH_)RC4_128", "RC4"),
        ("(?<!3)DES_CBC_(SHA|MD5)", "DES"),
        ("3DES", "3DES"),
        ("IDEA", "IDEA"),
    ],
)
def test_each_weak_suite_of_the_registry_is_offered(pattern: str, fault: str) -> None:
    named = {number for number, name in REGISTRY.items() if re.search(pattern, name)}
    if fault == "no encryption":
        named |= INTEGRITY_ALONE
    assert named
    assert {number for number in REGISTRY if fault in fault_of(number).split(", ")} == named
    assert named <= {*(ANONYMOUS_SUITES if fault == "no authentication" else WEAK_SUITES)}


def test_no_other_suite_is_called_weak() -> None:
    weak = re.compile("_anon_|NULL|EXPORT|RC4|RC2|DES|IDEA")
    good = {
        number
        for number, name in REGISTRY.items()
        if not weak.search(name) and number not in INTEGRITY_ALONE
    }
    assert not good & {*ANONYMOUS_SUITES, *WEAK_SUITES}
    assert {*RSA_SUITES, *ECDSA_SUITES} <= good
    assert not any(map(fault_of, good))


@pytest.mark.parametrize(
    ("suites", "pattern"),
    [
        (RSA_SUITES, r"TLS_(ECDHE_|DHE_)?RSA_WITH_"),
        (ECDSA_SUITES, r"TLS_ECDHE_ECDSA_WITH_"),
        (OLD_SUITES, r"TLS_((ECDHE_|DHE_)?RSA|ECDHE_ECDSA)_WITH_(AES|3DES)\w+_SHA$"),
    ],
)
def test_the_suites_of_each_kind_of_client(suites: tuple[int, ...], pattern: str) -> None:
    assert all(re.match(pattern, REGISTRY[number]) for number in suites)
    assert len({*suites}) == len(suites)


def test_openssl_calls_no_other_suite_weak() -> None:
    """A second witness, as far as it was built with them."""
    argv = ["openssl", "ciphers", "-V", "aNULL:eNULL:LOW:EXP:3DES:RC4:IDEA:@SECLEVEL=0"]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    numbers = {
        int(high + low, 16)
        for high, low in re.findall(r"0x(\w\w),0x(\w\w) -", said)
        if high != "13"  # the suites of TLS 1.3 are printed whatever is wanted
    }
    assert len(numbers) > 20
    assert numbers <= {*ANONYMOUS_SUITES, *WEAK_SUITES}
