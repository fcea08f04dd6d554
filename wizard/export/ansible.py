"""Today's answers as files for Ansible: inventory, variables of the host, playbook, requirements.

They belong to the collection postfix_wizard.mail (ansible/).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import Any, Callable, NamedTuple

from wizard import __version__
from wizard.answers.exchange import NO_ITEMS, Unexpressed, as_values
from wizard.answers.fields import SECTION_TYPES
from wizard.answers.model import Answers
from wizard.export.yaml import document
from wizard.postfix.blocklists import needs_key
from wizard.secrets import has_key

COLLECTION = "postfix_wizard.mail"
ARCHIVE = f"{COLLECTION.replace('.', '-')}-{__version__}.tar.gz"
KEY_IN_A_ZONE = "Its zone has a key. Ansible's files would have it, too, so it is left out."


class SecretFile(NamedTuple):
    """A field that names a file with a secret, and when the file is needed."""

    section: str
    name: str
    is_needed: Callable[[Answers], bool]


SECRET_FILES = (
    SecretFile("certificate", "key_file", lambda own: own.certificate.source == "files"),
    SecretFile("blocklists", "dqs_key_file", lambda own: needs_key(own.blocklists)),
    SecretFile("relay", "password_file", lambda own: bool(own.relay.user)),
)


def files(answers: Answers, lost: Collection[Unexpressed]) -> dict[str, str]:
    """Return the texts of the files by name. `lost` are the values that they do not carry."""
    name = answers.hostname.myhostname
    return {
        "inventory.yml": document(
            {"all": {"hosts": {name: None}, "vars": {"ansible_user": "root"}}},
            "Add a host by its name, and its variables in host_vars/NAME.yml.",
        ),
        f"host_vars/{name}.yml": document(
            {"postfix_wizard_answers": _values(answers, lost)}, *_about(answers, lost)
        ),
        "site.yml": "---\n- name: Set up the servers\n"
        f"  ansible.builtin.import_playbook: {COLLECTION}.servers\n",
        "requirements.yml": document(
            {"collections": [{"name": ARCHIVE, "type": "file"}]},
            f"The collection is a file of the release {__version__} of postfix-wizard. Put it here.",
        ),
    }


def not_carried(answers: Answers) -> Iterator[Unexpressed]:
    """Yield the lists of the operator's own whose zone has a key."""
    for one in answers.blocklists.custom:
        if has_key(one.zone):
            yield Unexpressed("blocklists", "custom", one.zone, KEY_IN_A_ZONE)


def _values(answers: Answers, lost: Collection[Unexpressed]) -> dict[str, dict[str, Any]]:
    """Return the answers that differ from the defaults, by section, without those that are lost.

    Of a list only the items are missing that no answer expresses, or that have a key.
    """
    values = as_values(answers)
    lists = values["blocklists"]
    lists["custom"] = [one for one in lists["custom"] if not has_key(one["zone"])]
    without = {(one.section, one.name) for one in lost if one.why not in {NO_ITEMS, KEY_IN_A_ZONE}}
    found = {
        section: {
            name: value
            for name, value in fields.items()
            if (section, name) not in without and value != _default(section, name)
        }
        for section, fields in values.items()
    }
    return {section: fields for section, fields in found.items() if fields}


def _default(section: str, name: str) -> Any:
    """Return the default of a field as a plain value, MISSING if it always needs an answer."""
    fields = {one.name: one for one in dataclasses.fields(SECTION_TYPES[section])}
    default = fields[name].default
    return list(default) if isinstance(default, tuple) else default


def _about(answers: Answers, lost: Collection[Unexpressed]) -> Iterator[str]:
    yield f"The answers of {answers.hostname.myhostname} that differ from the defaults, by postfix-wizard {__version__}."
    for one in lost:
        yield f"Not carried: {one.section}.{one.name}. {one.why}"
    secrets = [
        getattr(getattr(answers, one.section), one.name)
        for one in SECRET_FILES
        if one.is_needed(answers)
    ]
    if secrets:
        yield "Each host needs these files with secrets. The role writes them from a vault:"
        yield "postfix_wizard_secrets:"
        yield from (
            f'  "{path}": "{{{{ vault_secret_{number} }}}}"'
            for number, path in enumerate(secrets, 1)
        )
