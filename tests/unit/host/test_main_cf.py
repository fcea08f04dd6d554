"""What main.cf alone tells of its Postfix."""

from __future__ import annotations

import pytest

from wizard.host.facts import Distribution
from wizard.host.main_cf import likely_database_type, likely_version, own_parameters

EL9 = Distribution("rhel", ("fedora",), "", "9.4", is_el=True)
EL10 = Distribution("rhel", ("fedora",), "", "10.0", is_el=True)
OTHER = Distribution("debian", (), "", "12", is_el=False)


def test_parameters_are_unfolded_and_the_last_one_counts() -> None:
    assert own_parameters(
        b"# comment\n a line that continues nothing = lost\n"
        b"mydestination = $myhostname,\n# between\n\n\tlocalhost,\n  zeke.ne.jp\n"
        b"a=1\na = 2 \nempty =\nno equals sign\nlatin = \xe9\n"
    ) == {
        "a line that continues nothing": "lost",
        "mydestination": "$myhostname, localhost, zeke.ne.jp",
        "a": "2",
        "empty": "",
        "latin": "\udce9",
    }


@pytest.mark.parametrize(
    ("text", "distribution", "version", "kind"),
    [
        (b"compatibility_level = 2\n", EL9, "3.5", "hash"),
        (b"compatibility_level = 3.8\ndefault_database_type = lmdb\n", EL10, "3.8", "lmdb"),
        (b"compatibility_level = 3.8\n", OTHER, "3.8", "lmdb"),
        (b"", EL10, "3.8", "lmdb"),
        (b"default_database_type = cdb\n", EL9, "3.5", "cdb"),
        (b"", OTHER, "", "hash"),
    ],
)
def test_version_and_database_type(
    text: bytes, distribution: Distribution, version: str, kind: str
) -> None:
    parameters = own_parameters(text)
    assert likely_version(parameters, distribution) == version
    assert likely_database_type(parameters, version) == kind


def test_ten_is_more_than_eight() -> None:
    assert likely_database_type({}, "3.10.13") == "lmdb"
