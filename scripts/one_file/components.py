"""What the program bundles: wheels with their licences, and the CycloneDX list of them.

Names and versions come from the METADATA of each wheel (PyPA's core metadata), the list is CycloneDX
1.5 in JSON. It has no time and no serial number, so that two builds write the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path, PurePosixPath
from typing import Any

BY_CLASSIFIER = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}
"""The SPDX names of licences that older METADATA has as a classifier only."""
_CLASSIFIER = "License :: OSI Approved :: "
_LICENCE_FILE = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|AUTHORS)", re.IGNORECASE)


@dataclass(frozen=True)
class Wheel:
    """A wheel: the files of its code and of its licence, by name."""

    name: str
    version: str
    licence: str
    sha256: str
    code: Mapping[str, bytes]
    licences: Mapping[str, bytes]


def read_wheel(path: Path) -> Wheel:
    """Read a wheel. Raises ValueError if it has no licence of a known name, or no text of it."""
    code, about = {}, {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            top, _, rest = name.partition("/")
            if name.endswith("/") or top.endswith(".data"):
                continue
            if top.endswith(".dist-info"):
                about[rest] = archive.read(name)
            else:
                code[name] = archive.read(name)
    metadata = BytesParser().parsebytes(about["METADATA"])
    licences = {
        PurePosixPath(name).name: data
        for name, data in about.items()
        if _LICENCE_FILE.match(PurePosixPath(name).name)
    }
    name = re.sub(r"[-_.]+", "-", metadata["Name"]).lower()
    licence = _licence(metadata)
    if not licence or not licences:
        raise ValueError(f"{path.name} has no licence that components.py knows, or no text of it")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Wheel(name, metadata["Version"], licence, digest, code, licences)


def _licence(metadata: Message) -> str:
    expression = metadata["License-Expression"]
    if expression:
        return str(expression)
    for one in metadata.get_all("Classifier", []):
        if one.startswith(_CLASSIFIER):
            return BY_CLASSIFIER.get(one[len(_CLASSIFIER) :], "")
    return ""


def component_list(version: str, commit: str, lock: str, wheels: Sequence[Wheel]) -> bytes:
    """Return the list of components as CycloneDX; `lock` is the beginning of the lock's SHA-256."""
    itself = _component("application", "postfix-wizard", version, "MIT")
    known = {"commit": commit, "lock": lock}
    itself["properties"] = [
        {"name": f"postfix-wizard:{name}", "value": value} for name, value in known.items() if value
    ]
    components = []
    for wheel in wheels:
        component = _component("library", wheel.name, wheel.version, wheel.licence)
        component["purl"] = f"pkg:pypi/{wheel.name}@{wheel.version}"
        component["hashes"] = [{"alg": "SHA-256", "content": wheel.sha256}]
        components.append(component)
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": itself},
        "components": components,
    }
    return (json.dumps(bom, indent=1) + "\n").encode()


def _component(kind: str, name: str, version: str, licence: str) -> dict[str, Any]:
    licences = [{"license": {"id": licence}}]
    return {"type": kind, "name": name, "version": version, "licenses": licences}
