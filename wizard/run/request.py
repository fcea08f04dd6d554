"""What the launcher hands to the worker: the reviewed plan, its hash, and who attends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

from wizard.errors import Trouble
from wizard.plan.model import Plan
from wizard.plan.wire import from_data, plan_from_bytes, plan_to_bytes, to_data
from wizard.run.files import Held, read, replace, sha256
from wizard.run.paths import RunPlaces
from wizard.run.states import AGAIN

_VERSION = 1


@dataclass(frozen=True)
class Request:
    """`plan_sha256` is of plan.json's bytes; `attended` says that somebody answers prompts."""

    plan_sha256: str
    attended: bool


def write_request(run: RunPlaces, plan: Plan, *, attended: bool) -> None:
    """Write plan.json and request.json into a new run's directory, synced. Raises Trouble."""
    data = plan_to_bytes(plan)
    replace(str(run.plan), data, None, mode=0o600)
    _write(run, Request(sha256(data), attended), None)


def attend(run: RunPlaces, *, attended: bool) -> None:
    """Say anew whether somebody answers the prompts of a run that is gone on with."""
    _write(run, Request(read_request(run).plan_sha256, attended), read(str(run.request)))


def _write(run: RunPlaces, request: Request, held: Optional[Held]) -> None:
    said = {"version": _VERSION, "request": to_data(Request, request)}
    replace(str(run.request), json.dumps(said).encode() + b"\n", held, mode=0o600)


def read_request(run: RunPlaces) -> Request:
    """Return what was asked of the run. Raises Trouble when it cannot be read."""
    doing = f"reading what run {run.id} was asked to do"
    held = read(str(run.request))
    try:
        said = json.loads(held.text if held else b"")
        if said["version"] != _VERSION:
            raise ValueError(f"its version is {said['version']!r}")  # noqa: TRY301 (one way out)
        return from_data(Request, said["request"])
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(doing, f"{run.request}: {error}", AGAIN) from error


def read_plan(run: RunPlaces, digest: str) -> Plan:
    """Return the run's plan. Raises Trouble when it is not the one of this SHA-256."""
    doing = f"reading the plan of run {run.id}"
    held = read(str(run.plan))
    if held is None:
        raise Trouble(doing, f"{run.plan} is not there", AGAIN)
    if held.sha256 != digest:
        raise Trouble(doing, f"stale: {run.plan} is not the plan that was reviewed", AGAIN)
    return _decoded(held.text)


@lru_cache(maxsize=1)
def _decoded(text: bytes) -> Plan:
    """A run's plan never changes, and the newest is asked for twice: by its end and as a base."""
    return plan_from_bytes(text)
