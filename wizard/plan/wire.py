"""Convert plans and records to JSON (RFC 8259) and back, exactly.

The type hints of a dataclass give its codec, so a new action needs no code here. Bytes are written
as text: UTF-8 as it is, any other byte as a lone surrogate (PEP 383), which is an escape in JSON. A
member of a union of dataclasses is written as `{"CLASS": {...}}`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from wizard.errors import NewerTrouble, Trouble
from wizard.plan.model import Plan

VERSION = 2
"""The form of plan.json, request.json and the journal. Form 1 has fewer fields."""
OLDEST = 1
"""The oldest form that this program reads."""

_T = TypeVar("_T")
_NOTHING = type(None)
_UNIONS = (Union, getattr(types, "UnionType", Union))


class NewerForm(ValueError):
    """The data has something that only a newer version of the program writes."""


@dataclass(frozen=True)
class Codec:
    """Two inverse functions; `decode` raises ValueError if it cannot read the data."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def plan_to_bytes(plan: Plan) -> bytes:
    """Return the plan as one line of ASCII JSON, `{"version": 2, "plan": {...}}`."""
    data = {"version": VERSION, "plan": to_data(Plan, plan)}
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def plan_from_bytes(data: bytes) -> Plan:
    """Return the plan that `plan_to_bytes` wrote, also that of an older version.

    Raises NewerTrouble if a newer version wrote it, Trouble if it is damaged.
    """
    doing = "reading a plan"
    try:
        whole = json.loads(data)
        require_known(whole.get("version") if isinstance(whole, dict) else None)
        return from_data(Plan, whole["plan"])
    except NewerForm as newer:
        raise NewerTrouble(doing, str(newer), INSTALL_NEWER) from newer
    except (ValueError, KeyError, RecursionError) as error:
        raise Trouble(doing, f"it is no plan of this program's ({error})", LIST_RUNS) from error


INSTALL_NEWER = "Install the version of postfix-wizard that wrote it, and use that one."
LIST_RUNS = "`postfix-wizard runs` says how far each run came."


def require_known(version: object) -> None:
    """Raise NewerForm if `version` is above VERSION, ValueError if it is not a version."""
    if type(version) is int and version > VERSION:
        raise NewerForm(f"its format is {version!r:.20}, and this program reads up to {VERSION}")
    if type(version) is not int or version < OLDEST:
        raise ValueError(f"its version is {version!r:.60}, and this program reads {VERSION}")


def to_data(kind: Any, value: object) -> Any:
    """Return data for json.dumps from a `value` of the type `kind` (a class or a union)."""
    return codec(kind).encode(value)


def from_data(kind: type[_T], data: object) -> _T:
    """Return the value of the class `kind` from the data of `to_data`.

    Raises NewerForm if a newer version wrote the data, another ValueError if it is damaged.
    """
    return cast("_T", codec(cast("Any", kind)).decode(data))


@functools.cache
def codec(kind: Any) -> Codec:
    """Return the codec of a type: a dataclass, a union of them, or the type of a field."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin = get_origin(kind)
    if origin is Annotated:
        return codec(get_args(kind)[0])
    if origin in _UNIONS:
        return _union(get_args(kind))
    if origin is tuple:
        return _tuple(get_args(kind))
    if origin is dict:
        return Codec(_same, functools.partial(_exactly, dict))
    if dataclasses.is_dataclass(kind):
        return _record(cast("type", kind))
    raise TypeError(f"no JSON form is known for {kind!r}")


def _same(value: Any) -> Any:
    return value


def _exactly(kind: type, data: Any) -> Any:
    if type(data) is not kind:
        raise ValueError(f"{kind.__name__} expected, not {data!r:.60}")
    return data


def _number(data: Any) -> float:
    if type(data) not in {int, float}:
        raise ValueError(f"number expected, not {data!r:.60}")
    return float(data)


def _unescape(data: Any) -> bytes:
    return cast("str", _exactly(str, data)).encode("utf-8", "surrogateescape")


_PLAIN: dict[Any, Codec] = {
    str: Codec(_same, functools.partial(_exactly, str)),
    int: Codec(_same, functools.partial(_exactly, int)),
    bool: Codec(_same, functools.partial(_exactly, bool)),
    float: Codec(float, _number),
    bytes: Codec(lambda value: value.decode("utf-8", "surrogateescape"), _unescape),
    object: Codec(_same, _same),
}


def _tuple(items: tuple[Any, ...]) -> Codec:
    if len(items) == 2 and items[1] is ...:  # noqa: PLR2004 (tuple[X, ...] has two arguments)
        item = codec(items[0])
        return Codec(
            lambda value: [item.encode(one) for one in value],
            lambda data: tuple(item.decode(one) for one in _exactly(list, data)),
        )
    codecs = tuple(codec(one) for one in items)

    def decode(data: Any) -> tuple[Any, ...]:
        if len(_exactly(list, data)) != len(codecs):
            raise ValueError(f"{len(codecs)} items expected, not {data!r:.60}")
        return tuple(one.decode(part) for one, part in zip(codecs, data))

    return Codec(
        lambda value: [one.encode(part) for one, part in zip(codecs, value)],
        decode,
    )


def _union(members: tuple[Any, ...]) -> Codec:
    others = tuple(one for one in members if one is not _NOTHING)
    if len(others) == 1:
        only = codec(others[0])
        return Codec(
            lambda value: None if value is None else only.encode(value),
            lambda data: None if data is None else only.decode(data),
        )
    names: dict[str, Any] = {one.__name__: one for one in others}

    def decode(data: Any) -> Any:
        if type(data) is not dict or len(data) != 1:
            raise ValueError(f"one of {', '.join(names)} expected, not {data!r:.60}")
        ((name, fields),) = data.items()
        if name not in names:
            raise NewerForm(f"{name!r:.60} is unknown; known are {', '.join(names)}")
        return codec(names[name]).decode(fields)

    return Codec(
        lambda value: {type(value).__name__: codec(cast("Any", type(value))).encode(value)},
        decode,
    )


@functools.cache
def fields_of(kind: type) -> dict[str, Any]:
    """Return the types of the fields of a dataclass by their names."""
    return get_type_hints(kind, include_extras=True)


def _record(kind: type) -> Codec:
    fields = dataclasses.fields(kind)
    codecs = {name: codec(hint) for name, hint in fields_of(kind).items()}
    required = {
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }

    def encode(value: Any) -> dict[str, Any]:
        if type(value) is not kind:
            raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
        return {name: one.encode(getattr(value, name)) for name, one in codecs.items()}

    def decode(data: Any) -> Any:
        unknown = set(_exactly(dict, data)) - set(codecs)
        missing = required - set(data)
        if unknown or missing:
            words = ", ".join(sorted(unknown | missing))
            fault = NewerForm if unknown else ValueError
            raise fault(f"{kind.__name__} has not the fields this program knows: {words:.200}")
        return kind(**{name: codecs[name].decode(part) for name, part in data.items()})

    return Codec(encode, decode)
