"""The launcher's request to the worker: the reviewed plan, its hash, and who answers prompts."""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

from wizard.errors import NewerTrouble, Trouble
from wizard.plan.files import sha256
from wizard.plan.model import Plan
from wizard.plan.wire import (
    LIST_RUNS,
    VERSION,
    NewerForm,
    from_data,
    plan_from_bytes,
    plan_to_bytes,
    require_known,
    to_data,
)
from wizard.run.caller import NOBODY, Caller
from wizard.run.files import FileSnapshot, read, replace
from wizard.run.header import newer_trouble, planned, write_header
from wizard.run.paths import RunPlaces
from wizard.run.seals import make_seals, read_seals


@dataclass(frozen=True)
class Request:
    """The content of request.json.

    `plan_sha256` is the hash of plan.json's bytes. `attended` is True if somebody answers prompts.
    `by` started this attempt, `starter` the run. `accepted` are the cautions that were accepted
    for it, each with its values (`wizard.answers.accept`).
    """

    plan_sha256: str
    attended: bool
    by: Caller = NOBODY
    starter: Caller = NOBODY
    accepted: tuple[str, ...] = ()


def write_request(
    run: RunPlaces,
    plan: Plan,
    *,
    attended: bool,
    by: Caller = NOBODY,
    accepted: tuple[str, ...] = (),
) -> None:
    """Write run.json, plan.json and request.json of a new run, synced. Raises Trouble.

    The hashes in plan.json are keyed. If the host has no key, one is made here.
    """
    seals = make_seals(run.key)
    write_header(run, planned(run.id, plan, time.time()))
    data = plan_to_bytes(seals.within(plan))
    replace(str(run.plan), data, None, mode=0o600)
    _write(run, Request(sha256(data), attended, by, by, accepted), None)


def attend(run: RunPlaces, *, attended: bool, by: Caller = NOBODY) -> None:
    """Store who resumes a run, and whether somebody answers its prompts from now on."""
    request = dataclasses.replace(read_request(run), attended=attended, by=by)
    _write(run, request, read(str(run.request)))


def _write(run: RunPlaces, request: Request, file: Optional[FileSnapshot]) -> None:
    said = {"version": VERSION, "request": to_data(Request, request)}
    replace(str(run.request), json.dumps(said).encode() + b"\n", file, mode=0o600)


def read_request(run: RunPlaces) -> Request:
    """Return the request of a run.

    Raises NewerTrouble if a newer version wrote it, Trouble if it is unreadable.
    """
    doing = f"reading what run {run.id} was asked to do"
    file = read(str(run.request))
    try:
        said = json.loads(file.text if file else b"")
        require_known(said["version"])
        return from_data(Request, said["request"])
    except NewerForm as newer:
        raise newer_trouble(run, doing, str(newer)) from newer
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Trouble(doing, f"{run.request}: {error}", LIST_RUNS) from error


def starter(run: RunPlaces) -> Caller:
    """Return who started a run, NOBODY if that is unreadable."""
    try:
        return read_request(run).starter
    except Trouble:
        return NOBODY


def read_plan(run: RunPlaces, digest: str) -> Plan:
    """Return the run's plan.

    Raises NewerTrouble if a newer version wrote it, Trouble if it has not this SHA-256.
    """
    doing = f"reading the plan of run {run.id}"
    file = read(str(run.plan))
    if file is None:
        raise Trouble(doing, f"{run.plan} is not there", LIST_RUNS)
    try:
        plan = _decoded(file.text)
    except NewerTrouble as newer:
        raise newer_trouble(run, doing, newer.wrong) from newer
    except Trouble:
        # With another hash the file is damaged. The error below says that more plainly.
        if file.sha256 == digest:
            raise
    if file.sha256 != digest:
        raise Trouble(doing, f"stale: {run.plan} is not the plan that was reviewed", LIST_RUNS)
    return read_seals(run.key).within(plan)


@lru_cache(maxsize=1)
def _decoded(text: bytes) -> Plan:
    """Decode a plan. It never changes, and the newest is read twice: for its end and as a base."""
    return plan_from_bytes(text)
