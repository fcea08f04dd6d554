"""The Certificate screen for a certificate that certbot is to obtain."""

from __future__ import annotations

from tests.screens.pilots import clear, in_sight, opened, type_text, walk_to


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
