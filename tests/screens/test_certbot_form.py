"""The Certificate screen for a certificate that certbot is to obtain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens import standin
from tests.screens.hosts import fresh_host, suggestions
from tests.screens.pilots import clear, in_sight, opened, type_text, walk_to
from tests.screens.standin import StandIn


async def test_certbot_asks_for_what_it_needs() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Certificate")
        await pilot.press("right", "right")
        shown = await in_sight(pilot, "Account's e-mail")
        assert "ACME server" in shown
        assert "Web server's files" not in shown, "standalone has no directory"
        assert "Days until it expires" not in shown
        assert "Certificate file" not in shown
        await pilot.press("tab", "tab", "tab", "right")
        await in_sight(pilot, "Web server's files")
        await pilot.press("tab")
        await clear(pilot)
        await type_text(pilot, "var/www")
        await in_sight(pilot, "WRONG: ")
        await clear(pilot)
        await type_text(pilot, "/var/www/html")
        await in_sight(pilot, "--webroot -w /var/www/html")
        await pilot.press("tab", "tab")
        await type_text(pilot, "http://acme.example/dir")
        await in_sight(pilot, "WRONG: This is not an https URL")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """A host without lineages, and what is read from it then."""
    values = suggestions()
    values["certificate"] = {"source": "self-signed"}
    monkeypatch.setattr(standin, "suggestions", lambda: values)
    return StandIn(the_host=replace(fresh_host(), lineages=()))


@pytest.mark.parametrize(
    ("typed", "named"), [("", "smtp.zeke.ne.jp"), ("shop", "shop")], ids=["untouched", "typed"]
)
async def test_the_name_of_a_new_certificate_follows_the_server_until_it_is_typed(
    bare: StandIn, typed: str, named: str
) -> None:
    """A host without lineages: certbot is chosen, and nobody has to type the name again."""
    async with opened(bare) as pilot:
        shown = await walk_to(pilot, "Certificate")
        assert "(x) certbot" in shown
        assert "/etc/letsencrypt/live/mail.zeke.ne.jp/fullchain.pem" in shown
        if typed:
            # Its other field comes first.
            await pilot.press("tab", "tab")
            await clear(pilot)
            await type_text(pilot, typed)
        await pilot.press("ctrl+p", "ctrl+p", "ctrl+p")
        await in_sight(pilot, "wizard  Hostname")
        await clear(pilot)
        await type_text(pilot, "SMTP.zeke.ne.jp.")
        await pilot.press("ctrl+n", "ctrl+n", "ctrl+n")
        await in_sight(pilot, "wizard  Certificate")
        await in_sight(pilot, f"/etc/letsencrypt/live/{named}/fullchain.pem")


async def test_the_name_is_filled_in_when_certbot_is_chosen(bare: StandIn) -> None:
    async with opened(bare) as pilot:
        await walk_to(pilot, "Certificate")
        draft = pilot.app.desk.draft  # type: ignore[attr-defined]
        await pilot.press("end", "space")
        await in_sight(pilot, "Days until it expires")
        draft.set("certificate", "name", "")
        await pilot.press("up", "up", "space")
        await in_sight(pilot, "/etc/letsencrypt/live/mail.zeke.ne.jp/fullchain.pem")
        assert draft.text("certificate", "name") == "mail.zeke.ne.jp"


async def test_a_certificate_that_is_copied_does_not_get_the_name_of_a_new_one(
    bare: StandIn,
) -> None:
    async with opened(bare) as pilot:
        await walk_to(pilot, "Certificate")
        draft = pilot.app.desk.draft  # type: ignore[attr-defined]
        assert draft.text("certificate", "name") == "mail.zeke.ne.jp"
        await pilot.press("up", "space")
        await in_sight(pilot, "Present server")
        assert draft.text("certificate", "name") == ""
