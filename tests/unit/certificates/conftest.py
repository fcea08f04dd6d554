"""Certificates made once, and an empty tree for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.certificates.tree import Authority, Issued, LetsEncrypt


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def issues(authority: Authority) -> tuple[Issued, ...]:
    """Three issues of one name, for the numbers of an archive."""
    return tuple(authority.issue("zeke.ne.jp", "*.zeke.ne.jp") for _ in range(3))


@pytest.fixture
def letsencrypt(tmp_path: Path) -> LetsEncrypt:
    return LetsEncrypt(tmp_path)
