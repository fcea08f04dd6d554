"""The variables of the Ansible role, from the fields of the answers (ansible/roles/server/meta)."""

from __future__ import annotations

import re
from typing import Any

from wizard.answers.field import Field
from wizard.answers.fields import CUSTOM_FIELDS, fields_of
from wizard.answers.model import POLICY, SECTIONS
from wizard.export.yaml import document

PATH = "ansible/roles/server/meta/argument_specs.yml"
_KINDS = {"list": "list", "number": "int"}
"""Types of Ansible by the kind of a field; all others are texts."""


REQUIRED = ("hostname", "blocklists.custom")
"""Sections with fields that always need an answer (`wizard.answers.build`)."""


def text() -> str:
    """Return the file."""
    main = {
        "short_description": "Set up Postfix by postfix-wizard",
        "description": [
            "Installs postfix-wizard if a variable says from where, and writes the files with secrets.",
            "Then it calls the module postfix_wizard.mail.server.",
        ],
        "options": {f"postfix_wizard_{name}": one for name, one in _variables().items()},
    }
    return document(
        {"argument_specs": {"main": main}},
        "Made by scripts/made_pages.py from the program's tables; do not edit it by hand.",
    )


def _variables() -> dict[str, dict[str, Any]]:
    return {
        "answers": {
            "type": "dict",
            "required": True,
            "description": "The answers by section. A secret is named by the path of its file.",
            "options": {section: _section(section) for section in SECTIONS},
        },
        "secrets": {
            "type": "dict",
            "no_log": True,
            "default": {},
            "description": "Files with secrets: the content by path on the host. Take it from a vault.",
        },
        "file": {
            "type": "path",
            "description": [
                "The one-file program on the control machine.",
                "It is installed as /usr/local/bin/postfix-wizard.",
            ],
        },
        "rpm": {
            "type": "str",
            "description": [
                "The RPM to install, a file on the control machine that ends in .rpm.",
                "Or the name of a package in a repository of the host.",
                "dnf checks its signature.",
            ],
        },
        "sections": {
            **_texts("Change only these sections."),
            "choices": [*SECTIONS, POLICY],
        },
        "accept": _texts("Cautions to accept, each as NAME=VALUE."),
        "hand_edits": {
            "type": "str",
            "choices": ["fail", "keep", "replace"],
            "default": "fail",
            "description": "What to do with settings that were changed by hand.",
        },
        "prove": {
            "type": "bool",
            "default": False,
            "description": "Check the server at the end, also if nothing was changed.",
        },
        "wait": {
            "type": "int",
            "default": 0,
            "description": "Seconds to wait for the end of another run on the host.",
        },
    }


def _texts(description: str) -> dict[str, Any]:
    return {"type": "list", "elements": "str", "default": [], "description": description}


def _section(section: str) -> dict[str, Any]:
    options = {one.name: _field(one) for one in fields_of(section)}
    if section == "blocklists":
        options["custom"] = {
            "type": "list",
            "elements": "dict",
            "description": "Blocklists of your own.",
            "options": {one.name: _field(one) for one in CUSTOM_FIELDS},
        }
    is_needed = any("required" in one for one in options.values())
    return {
        "type": "dict",
        **({"required": True} if is_needed else {}),
        "description": f"The section {section}.",
        "options": options,
    }


def _field(field: Field) -> dict[str, Any]:
    made: dict[str, Any] = {"type": _KINDS.get(field.kind, "str")}
    if field.kind == "list":
        made["elements"] = "str"
    if field.required and field.section in REQUIRED:
        made["required"] = True
    if field.choices:
        made["choices"] = list(field.choices)
    made["description"] = [one for one in (f"{field.label}.", *_sentences(field.help)) if one]
    return made


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.]) (?=[A-Z])", text)
