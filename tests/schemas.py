"""The JSON Schemas of docs/schema, for what the commands print."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import fastjsonschema

ROOT = Path(__file__).parents[1]
DIRECTORY = ROOT / "docs/schema"
NAMES = tuple(sorted(path.stem for path in DIRECTORY.glob("*.json")))


def read(name: str) -> dict[str, Any]:
    """Return a schema as it is in docs/schema."""
    found: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
    return found


def closed(schema: Any) -> Any:
    """Return the schema without room for a field that it does not name.

    A caller must accept such a field, since a later program may add one. A test must not.
    """
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") in ("object", ["object", "null"]):
        found.setdefault("additionalProperties", False)
    return found


@functools.cache
def _validator(name: str) -> Any:
    return fastjsonschema.compile(closed(read(name)))


def validate(name: str, text: str) -> dict[str, Any]:
    """Return the object of a command's output. Raises JsonSchemaValueException for another form."""
    data: dict[str, Any] = json.loads(text)
    _validator(name)(data)
    return data
