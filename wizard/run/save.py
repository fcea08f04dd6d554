"""The answers kept beside the configuration, so that the next run starts from them."""

from __future__ import annotations

import dataclasses

from wizard.errors import Trouble
from wizard.run.directories import make_private
from wizard.run.files import read, replace
from wizard.run.paths import Places

_MODE = 0o600


def save_answers(places: Places, text: str) -> str:
    """Write the answers' TOML when it differs; return what went wrong, "" for nothing.

    The run is done whatever becomes of this, so no Trouble is raised.
    """
    if not text:
        return ""
    data = text.encode("utf-8", "surrogateescape")
    path = str(places.answers)
    try:
        make_private(places.answers.parent)
        held = read(path)
        if held is not None and held.text == data:
            return ""
        if held is not None:
            like = dataclasses.replace(held.metadata, mode=_MODE)
            held = dataclasses.replace(held, metadata=like)
        replace(path, data, held, mode=_MODE)
    except Trouble as trouble:
        return f"All is done, but the answers could not be saved. {trouble}"
    return ""
