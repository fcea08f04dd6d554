"""The footer: the keys that work here, in one or two lines."""

from __future__ import annotations

from typing import Any, Sequence

from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.strip import Strip

from screens.widgets.looks import Drawn

GAP = "  "


class KeyLine(Drawn):
    """The visible key bindings of the screen and of the focused widget."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[tuple[str, str], ...] = ()
        self._main: tuple[str, str] = ("", "")
        """The one of them that is marked: it goes on from this screen."""
        self._pressed: dict[str, str] = {}
        """By the name of a key, the key itself."""
        self._was_clicked = False

    def on_mount(self) -> None:
        """Update the keys with the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self.show_keys)
        self.show_keys()

    def show_keys(self, _screen: Any = None) -> None:
        """Show the keys that work now."""
        if not self.is_attached or not self.screen.is_current:
            return
        shown: dict[str, tuple[str, str]] = {}
        self._pressed = {}
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show and enabled and binding.action not in shown:
                name = self._name_of(binding)
                shown[binding.action] = name, binding.description
                self._pressed.setdefault(name, binding.key)
        keys = tuple(sorted(shown.values(), key=lambda key: _RANK.get(key[0], 0)))
        offered = (one for one in getattr(self.screen, "MAIN", ()) if one in shown)
        main = shown.get(next(offered, ""), ("", ""))
        if (keys, main) != (self._keys, self._main):
            width = self.size.width or 80
            before, self._keys, self._main = self.lines(width), keys, main
            self.refresh(layout=self.lines(width) != before)

    def _name_of(self, binding: Binding) -> str:
        name = key_name(binding)
        capabilities = getattr(self.app, "capabilities", None)
        return name if capabilities is None or capabilities.has_f_keys else SECOND.get(name, name)

    def _rows(self, width: int) -> list[list[tuple[str, str]]]:
        last = [key for key in self._keys if _RANK.get(key[0], 0) > 0]
        first = [key for key in self._keys if key not in last]
        whole = _broken([*first, *last], width)
        parted = [*_broken(first, width), *_broken(last, width)]
        return parted if 1 < len(whole) == len(parted) else whole

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        offset = event.get_content_offset(self)
        # The second half of a double click that opened this window presses nothing in it.
        is_of_before = event.chain > 1 and not self._was_clicked
        self._was_clicked = True
        rows = self._rows(self.size.width)
        if offset is None or offset.y >= len(rows) or is_of_before:
            return
        end = 1
        for name, text in rows[offset.y]:
            start, end = end, end + len(name) + 1 + len(text)
            if start <= offset.x < end:
                self.app.simulate_key(self._pressed[name])
            end += len(GAP)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines for the keys."""
        del container, viewport
        return self.lines(width)

    def lines(self, width: int) -> int:
        """Return the number of lines that the keys need at a width."""
        return len(self._rows(width))

    def render_line(self, y: int) -> Strip:
        """Draw one line of keys. Those of all screens have fixed places at both edges.

        So the keys of the focused widget come and go between them, and the others are not sent
        again.
        """
        rows, width = self._rows(self.size.width), self.size.width
        row = rows[y] if y < len(rows) else []
        parts: list[tuple[str, str]] = [(" ", "")]
        spare = width - 2 + len(GAP) - sum(map(_cells, row))
        for key in row:
            if spare > 0 and _RANK.get(key[0], 0) > 0:
                parts.append((" " * spare, ""))
                spare = 0
            looks = ("title", "title") if key == self._main else ("key", "quiet")
            parts += [(key[0], looks[0]), (f" {key[1]}", looks[1]), (GAP, "")]
        return self.strips(tuple(parts), width)


def _cells(key: tuple[str, str]) -> int:
    return len(" ".join(key) + GAP)


def _broken(keys: Sequence[tuple[str, str]], width: int) -> list[list[tuple[str, str]]]:
    """Break keys into lines. Beyond the last one of a line there is no gap."""
    rows: list[list[tuple[str, str]]] = [[]]
    used = 1
    for key in keys:
        if used + _cells(key) - len(GAP) > width and rows[-1]:
            rows.append([])
            used = 1
        rows[-1].append(key)
        used += _cells(key)
    return rows


_RANK = {"^N": -2, "^P": -1, "Esc": 7, "F1": 8, "^G": 8, "^Q": 9}
"""The keys of all screens come first and last, in this order."""

SECOND = {"F1": "^G", "F2": "^L", "F3": "^O", "F4": "^T", "F10": "^R"}
"""The second key of each F key, for consoles that have none of these."""

_SHORT = {"escape": "Esc", "delete": "Del"}


def key_name(binding: Binding) -> str:
    """Write a key as it is printed on keyboards: ^N, F2, Enter, u."""
    if binding.key_display:
        return binding.key_display
    key = binding.key.split(",")[0]
    if len(key) == 1:
        return key
    return f"^{key[5:].upper()}" if key.startswith("ctrl+") else _SHORT.get(key, key.capitalize())
