"""A password or key typed in the screens: where it is asked for, and that it is shown nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

import pytest
from textual.pilot import Pilot

from screens.desk import Wish
from screens.secret import SECRETS
from screens.widgets.field import TextField
from tests.screens.picture import picture
from tests.screens.pilots import in_sight, opened, type_text, walk_to
from tests.screens.standin import StandIn
from wizard.answers.fields import field_of
from wizard.errors import Trouble
from wizard.host.secret_file import SecretKind
from wizard.paths import DQS_KEY_FILE, RELAY_PASSWORD_FILE

CANARY = "canary [bold]$4711"


@dataclass
class Kept:
    """The secrets that were written, by their path, or why none can be."""

    secrets: dict[str, str] = field(default_factory=dict)
    refusal: Optional[Trouble] = None

    def keep_secret(self, path: str, _kind: SecretKind, secret: str) -> None:
        if self.refusal:
            raise self.refusal
        self.secrets[path] = secret


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    found = Kept()
    monkeypatch.setattr("wizard.run.keep_secret.keep_secret", found.keep_secret)
    return found


async def focused(pilot: Pilot[int], heading: str, name: str) -> str:
    """Walk to a screen and its field of a secret's file."""
    await walk_to(pilot, heading)
    for one in pilot.app.screen.query(TextField):
        if one.field.name == name:
            one.display = True
            await pilot.pause()
            one.query_one("Entry").focus()
    await pilot.pause(0.1)
    return picture(pilot.app)


async def typed(pilot: Pilot[int]) -> None:
    """Open the relay's window and type a password, not entered yet."""
    await focused(pilot, "More", "password_file")
    await pilot.press("f4")
    await in_sight(pilot, "Enter writes it")
    await type_text(pilot, CANARY)


@pytest.mark.parametrize(
    ("heading", "name", "path"),
    [("More", "password_file", RELAY_PASSWORD_FILE), ("Blocklists", "dqs_key_file", DQS_KEY_FILE)],
)
async def test_it_is_typed_and_written(kept: Kept, heading: str, name: str, path: str) -> None:
    async with opened(StandIn()) as pilot:
        shown = await focused(pilot, heading, name)
        assert "F4 Type it" in shown
        await pilot.press("f4")
        shown = await in_sight(pilot, "Enter writes it")
        assert path in shown.replace("\n", "")
        await type_text(pilot, CANARY)
        shown = picture(pilot.app)
        assert "*" * len(CANARY) in shown
        assert "canary" not in shown
        await pilot.press("enter")
        await in_sight(pilot, "F4 wrote the")
        assert kept.secrets == {path: CANARY}
        assert CANARY not in str(pilot.app.desk.draft.answers())  # type: ignore[attr-defined]


async def test_what_is_refused_is_said_and_typed_again(kept: Kept) -> None:
    kept.refusal = Trouble("keeping the key", "the disk is full", "Make room.")
    async with opened(StandIn()) as pilot:
        await typed(pilot)
        await pilot.press("enter")
        shown = await in_sight(pilot, "the disk is full")
        assert "***" not in shown
        kept.refusal = None
        await type_text(pilot, "another")
        await pilot.press("enter")
        await in_sight(pilot, "F4 wrote the password there.")
        assert kept.secrets == {RELAY_PASSWORD_FILE: "another"}


async def test_esc_writes_nothing(kept: Kept) -> None:
    async with opened(StandIn()) as pilot:
        await typed(pilot)
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert "Enter writes it" not in picture(pilot.app)
        assert not kept.secrets


async def test_a_dry_run_writes_none() -> None:
    async with opened(StandIn(), Wish((), dry_run=True)) as pilot:
        assert "F4" not in await focused(pilot, "More", "password_file")
        await pilot.press("f4")
        assert "Enter writes it" not in picture(pilot.app)


async def test_a_path_that_is_none_is_not_written_to() -> None:
    async with opened(StandIn()) as pilot:
        await focused(pilot, "More", "password_file")
        await type_text(pilot, "/../x")
        await pilot.press("f4")
        assert "Enter writes it" not in picture(pilot.app)


def test_the_fields_are_there() -> None:
    assert all(field_of(section, name) for section, name in SECRETS)
