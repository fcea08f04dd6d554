"""The archive of the collection: the same bytes each time, with hashes as ansible-galaxy compares them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import collection
from wizard import __version__


def packed() -> bytes:
    return collection.archive(collection.files(), collection.about())


def test_two_archives_have_the_same_bytes_and_no_trace_of_their_maker() -> None:
    first = packed()
    assert first == packed()
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        names = [one.name for one in archive]
        assert {(one.mtime, one.uid, one.gid, one.uname) for one in archive} == {(0, 0, 0, "")}
    files = names[names.index("FILES.json") + 1 :]
    assert files == sorted(files)
    assert {"LICENSE", "README.md", "plugins/modules/server.py"} <= {*files}
    assert [one for one in names if one.startswith(".") or "__pycache__" in one] == []
    assert "galaxy.yml" not in names, "MANIFEST.json has what it says"


def test_the_manifest_has_the_version_of_the_program_and_the_hash_of_each_file() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed())) as archive:
        texts = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}  # type: ignore[union-attr]
    manifest = json.loads(texts.pop("MANIFEST.json"))
    about = manifest["collection_info"]
    assert (about["namespace"], about["name"]) == ("postfix_wizard", "mail")
    assert about["version"] == __version__
    listed = texts.pop("FILES.json")
    assert manifest["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(listed).hexdigest()
    sums = {
        one["name"]: one["chksum_sha256"]
        for one in json.loads(listed)["files"]
        if one["ftype"] == "file"
    }
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in texts.items()}
