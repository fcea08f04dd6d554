"""YAML for Ansible; tests/crash/test_ansible.py reads it by Ansible's own parser."""

from __future__ import annotations

from wizard.export.yaml import document

DATA = {
    "all": {"hosts": {"mx.example.com": None, "1.example.com": {}}, "off": True},
    "text": 'a "quote", a \\ and a #',
    "template": "{{ lookup('pipe', 'id') }}",
    "hidden": "\x85\u2028\ufeff",
    "name": "日本",
    "numbers": [1, 25],
    "none": [],
    "long": ["a" * 60, "b" * 60],
    "tables": [{"zone": "z", "more": {"deep": 1}}, {}],
}


def test_a_document() -> None:
    assert document(DATA, "first", "").splitlines() == [
        "---",
        "# first",
        "#",
        "all:",
        "  hosts:",
        "    mx.example.com: null",
        '    "1.example.com": {}',
        '  "off": true',
        'text: "a \\"quote\\", a \\\\ and a #"',
        "template: !unsafe \"{{ lookup('pipe', 'id') }}\"",
        'hidden: "\\u0085\\u2028\\ufeff"',
        'name: "日本"',
        "numbers: [1, 25]",
        "none: []",
        "long:",
        f'  - "{"a" * 60}"',
        f'  - "{"b" * 60}"',
        "tables:",
        '  - zone: "z"',
        "    more:",
        "      deep: 1",
        "  - {}",
    ]
