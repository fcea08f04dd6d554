"""The check that the screens start: in a process of its own, and its message where it finds nothing."""

from __future__ import annotations

import json
import sys

import pytest

from wizard.check.report import as_data
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import RIGHT, Finding
from wizard.run.paths import Places
from wizard.session import Session

FOUND = (Finding("port.25", "port 25", "master", "master", RIGHT),)


def session(code: str) -> Session:
    return Session(Door(), Places(), (sys.executable, "-c", code))


def test_the_findings_of_the_command() -> None:
    code = f"import sys; assert sys.argv[1:] == ['check', '--json']; print({json.dumps(as_data(FOUND))!r})"
    assert session(code).check() == FOUND


def test_the_message_of_the_command_where_there_are_none() -> None:
    code = "import sys; sys.exit('While checking this server: it was not set up before.')"
    with pytest.raises(Trouble, match="it was not set up before"):
        session(code).check()


def test_a_program_that_is_gone() -> None:
    with pytest.raises(Trouble, match="No such file"):
        Session(Door(), Places(), ("/nowhere/postfix-wizard",)).check()
