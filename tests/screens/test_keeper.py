"""The thread that keeps answers: in order, again after an error, and never more than was typed."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from screens.desk import Desk
from screens.keeper import Keeper
from tests.unit.drafts.test_draft import opened
from wizard.drafts.draft import Draft
from wizard.drafts.store import DraftStore
from wizard.run.paths import Places

MINE, BEFORE = "5-5", "1-1"


@pytest.fixture
def store(tmp_path: Path) -> DraftStore:
    return DraftStore(Places(state=tmp_path / "state"), "taro", MINE)


def keeper_of(store: DraftStore, draft: Draft) -> tuple[Keeper, list[str]]:
    said: list[str] = []
    session = SimpleNamespace(drafts=lambda: store)
    return Keeper(cast("Desk", SimpleNamespace(draft=draft, session=session)), said.append), said


def test_nothing_typed_writes_nothing(store: DraftStore) -> None:
    keeper, _ = keeper_of(store, opened())
    assert keeper.flush() == ""
    assert not store.places.state.exists()


def test_the_last_text_counts_and_the_host_s_own_removes_the_draft(store: DraftStore) -> None:
    draft = opened()
    keeper, _ = keeper_of(store, draft)
    began = draft.text("limits", "message_size_limit")
    for text in ("1", "2", "3"):
        draft.set("limits", "message_size_limit", text)
        keeper.keep()
    assert keeper.flush() == ""
    found = store.read().draft
    assert found is not None
    assert found.texts == {"limits": {"message_size_limit": "3"}}
    draft.set("limits", "message_size_limit", began)
    assert keeper.flush() == ""
    assert not store.path.exists()


def test_an_error_is_said_once_and_the_next_try_is_made_all_the_same(store: DraftStore) -> None:
    store.places.state.mkdir(mode=0o700)
    store.places.state.chmod(0o777)
    draft = opened()
    draft.set("limits", "message_size_limit", "1")
    keeper, said = keeper_of(store, draft)
    assert "can be written by others" in keeper.flush()
    keeper.flush()
    assert len(said) == 1
    store.places.state.chmod(0o700)
    assert keeper.flush() == "", "nothing more was typed, and it is tried again"
    assert said[1:] == [""]
    assert store.read().draft is not None


def test_text_of_other_sections_outlives_a_change_that_was_taken_back(store: DraftStore) -> None:
    before = opened()
    before.set("domains", "local", ("not a domain",))
    DraftStore(store.places, "taro", BEFORE).keep(before.stored(1.0, BEFORE))
    stored = store.read().draft
    assert stored is not None
    draft = opened()
    draft.apply(stored, ("limits",))
    keeper, _ = keeper_of(store, draft)
    keeper.take_over(BEFORE, continues=True)
    keeper.flush()
    assert store.read().draft == stored, "nothing was typed here"
    began = draft.text("limits", "message_size_limit")
    for text in ("1", began):
        draft.set("limits", "message_size_limit", text)
        assert keeper.flush() == ""
    found = store.read().draft
    assert found is not None
    assert found.texts == stored.texts


def test_what_a_run_has_done_goes_after_what_was_written_before(store: DraftStore) -> None:
    draft = opened()
    draft.set("limits", "message_size_limit", "1")
    draft.run = "20261124-034502-1"
    keeper, _ = keeper_of(store, draft)
    keeper.keep()
    keeper.settle(draft.run, ("limits",))
    keeper._desk.draft = None
    assert keeper.flush() == ""
    assert not store.path.exists()


def test_a_disk_that_hangs_does_not_hold_the_end(store: DraftStore) -> None:
    draft = opened()
    draft.set("limits", "message_size_limit", "1")
    keeper, _ = keeper_of(store, draft)
    keeper._add(lambda _store: time.sleep(5))
    assert keeper.flush(0.1) == "The disk did not answer in time."
