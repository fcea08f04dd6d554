#!/usr/bin/python
# Copyright: the authors of postfix-wizard
# MIT License (see LICENSE)

from __future__ import annotations

DOCUMENTATION = r"""
module: facts
short_description: Read the state of a server of postfix-wizard
version_added: "0.1.0"
description:
  - Returns today's answers, and what differs from what the runs of postfix-wizard wrote, as facts.
  - A secret is named by its path only.
author: The authors of postfix-wizard (@postfix-wizard)
options:
  program:
    description: The program on the host, as a path or as a name below PATH or C(/usr/local/bin).
    type: str
    default: postfix-wizard
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing, so there is no diff.
  facts:
    support: full
    description: Returns facts.
seealso:
  - module: postfix_wizard.mail.server
"""

EXAMPLES = r"""
- name: Read the state of the server
  postfix_wizard.mail.facts:

- name: Show what was changed by hand
  ansible.builtin.debug:
    msg: "{{ ansible_facts.postfix_wizard.status['items'] | selectattr('drifted') }}"
"""

RETURN = r"""
ansible_facts:
  description: The facts.
  returned: always
  type: dict
  contains:
    postfix_wizard:
      description: The state of the server.
      returned: always
      type: dict
      contains:
        status:
          description: The object of C(postfix-wizard status --json).
          returned: always
          type: dict
        answers:
          description:
            - The object of C(postfix-wizard answers --json), with C(answers) and C(unexpressed).
            - None on a host that was never set up.
          returned: always
          type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.postfix_wizard.mail.plugins.module_utils.call import (
    PROGRAM,
    on_host,
)
from ansible_collections.postfix_wizard.mail.plugins.module_utils.program import (
    Failure,
    facts,
)


def main() -> None:
    """Read both, and return them as facts."""
    module = AnsibleModule(argument_spec={"program": PROGRAM}, supports_check_mode=True)
    try:
        found = facts(on_host(module))
    except Failure as failure:
        module.fail_json(**{**failure.result, "msg": str(failure)})
    module.exit_json(ansible_facts={"postfix_wizard": found})


if __name__ == "__main__":
    main()
