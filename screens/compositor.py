"""Draw only the widgets in the part of the screen that changes.

Textual draws all widgets whose container is in that part, and those behind another one: fifteen for a letter
in a field.
"""

from __future__ import annotations

from typing import Iterable, Optional

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip


class NearCompositor(Compositor):
    """Textual's compositor, for the widgets that are seen in a part of the screen."""

    def _get_renders(
        self, crop: Optional[Region] = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        # From front to back. (Private to Textual, whose version is pinned exactly.)
        part = crop or self.size.region
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            if seen.overlaps(part):
                yield region, clip, widget.render_lines(seen.translate(-region.offset))
            if seen.contains_region(part):
                return
