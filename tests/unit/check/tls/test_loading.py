"""Certificates and keys that smtpd cannot load, by what is wrong with them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.check.scripted import Pair, make_pair
from wizard.check.tls.loading import load_fault
from wizard.postfix.settings import Settings


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Pair]:
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    return make_pair(one, "a.example"), make_pair(two, "b.example")


def fault(**own: object) -> str:
    named = {f"smtpd_tls_{name}": str(value) for name, value in own.items()}
    found = load_fault(Settings(named, {"smtpd_tls_key_file": "$smtpd_tls_cert_file"}))
    if found is None:
        return ""
    assert found.advice
    return found.text


def test_a_pair_that_belongs_together(pairs: tuple[Pair, Pair], tmp_path: Path) -> None:
    one, two = pairs
    assert fault(cert_file=one.cert, key_file=one.key) == ""
    both = tmp_path / "both.pem"
    both.write_bytes(one.key.read_bytes() + one.cert.read_bytes())
    assert fault(cert_file=both) == ""
    assert fault(cert_file="none") == ""
    assert (
        fault(cert_file=one.cert, key_file=one.key, eccert_file=two.cert, eckey_file=two.key) == ""
    )


def test_faults_of_a_pair(pairs: tuple[Pair, Pair], tmp_path: Path) -> None:
    one, two = pairs
    assert "is not that of" in fault(cert_file=one.cert, key_file=two.key)
    assert "is not that of" in fault(
        cert_file=one.cert, key_file=one.key, eccert_file=two.cert, eckey_file=one.key
    )
    assert "which does not exist" in fault(cert_file="/none.pem", key_file=one.key)
    link = tmp_path / "link.pem"
    link.symlink_to("/nowhere")
    assert "which leads nowhere" in fault(cert_file=one.cert, key_file=link)
    assert "cannot be read" in fault(cert_file="/etc/hostname", key_file="/etc/hostname")
    assert "cannot be read" in fault(cert_file=one.key, key_file=one.key)
    locked = tmp_path / "locked.key"
    argv = [
        "openssl",
        "pkey",
        "-aes128",
        "-passout",
        "pass:x",
        "-in",
        str(one.key),
        "-out",
        str(locked),
    ]
    subprocess.run(argv, check=True, capture_output=True)
    assert "cannot be read" in fault(cert_file=one.cert, key_file=locked)
    assert fault() == "no certificate is set"
    assert "smtpd_tls_CAfile" in fault(cert_file=one.cert, key_file=one.key, CAfile="/none.pem")


def test_chain_files(pairs: tuple[Pair, Pair], tmp_path: Path) -> None:
    one, two = pairs

    def chain(*files: Path) -> str:
        path = tmp_path / f"chain{len(list(tmp_path.iterdir()))}.pem"
        path.write_bytes(b"".join(file.read_bytes() for file in files))
        return str(path)

    assert fault(chain_files=chain(one.key, one.cert)) == ""
    assert fault(chain_files=chain(one.key, one.cert, two.key, two.cert)) == ""
    assert fault(chain_files=f"{chain(one.key)}, {chain(one.cert, two.cert)}") == ""
    assert fault(chain_files=chain(one.key, one.cert), cert_file="/none.pem") == ""
    for files in ((one.cert, one.key), (one.cert,), (one.key,)):
        assert "has no key with its certificates after it" in fault(chain_files=chain(*files))
    assert "is not that of" in fault(chain_files=chain(one.key, two.cert))
    assert "is not that of" in fault(chain_files=chain(one.key, one.cert, two.key, one.cert))
    assert "which does not exist" in fault(chain_files="/none.pem")
    assert "has no key" in fault(chain_files="/etc/hostname")


def test_a_file_that_may_not_be_read_is_no_fault(
    pairs: tuple[Pair, Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise PermissionError

    monkeypatch.setattr("wizard.check.tls.loading._reason", refuse)
    assert fault(cert_file=pairs[0].cert, key_file=pairs[1].key) == ""
