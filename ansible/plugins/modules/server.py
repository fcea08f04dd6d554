#!/usr/bin/python
# Copyright: the authors of postfix-wizard
# MIT License (see LICENSE)

from __future__ import annotations

DOCUMENTATION = r"""
module: server
short_description: Set up Postfix by postfix-wizard
version_added: "0.1.0"
description:
  - Plans with C(postfix-wizard plan), then runs exactly this plan with C(postfix-wizard apply --only).
  - If the plan cannot run, the module fails with the reasons, and nothing is changed.
  - If Postfix does not start with the new files, the run puts the old ones back by itself, and the module fails.
  - The program must be on the host. The role C(postfix_wizard.mail.server) installs it.
author: The authors of postfix-wizard (@postfix-wizard)
options:
  answers:
    description:
      - The answers by section, with the keys of C(postfix-wizard help answers).
      - They go to the program by standard input. A secret is named by the path of the file that has it.
      - Required if O(state=present).
    type: dict
  sections:
    description: Change only these sections. All other sections stay as they are on the host.
    type: list
    elements: str
    default: []
  accept:
    description:
      - Cautions to accept, each as V(NAME=VALUE), such as V(public-range=203.0.113.0/24).
      - The message of a refusal prints this form.
    type: list
    elements: str
    default: []
  hand_edits:
    description: What to do with settings that were changed by hand and that the plan would overwrite.
    type: str
    choices:
      fail: Change nothing on this host.
      keep: Keep them.
      replace: Overwrite them.
    default: fail
  state:
    description: Whether to apply the answers, or to undo the run that O(run) names.
    type: str
    choices: [present, undone]
    default: present
  run:
    description: The run to undo, as RV(run) or C(postfix-wizard runs) names it. Required if O(state=undone).
    type: str
  prove:
    description:
      - Check the server at the end, also if nothing was changed. The module fails if something is wrong.
      - A run always ends with a check of what it changed. This option adds all other checks, and RV(records).
    type: bool
    default: false
  wait:
    description: Seconds to wait for the end of another run on the host. With 0, the module fails at once.
    type: int
    default: 0
  program:
    description: The program on the host, as a path or as a name below PATH or C(/usr/local/bin).
    type: str
    default: postfix-wizard
attributes:
  check_mode:
    support: full
    description: Plans, and changes nothing.
  diff_mode:
    support: full
    description: Shows the diff of each file from what it is now to what is planned, then the commands.
seealso:
  - module: postfix_wizard.mail.facts
"""

EXAMPLES = r"""
- name: Set up the server
  postfix_wizard.mail.server:
    answers:
      hostname:
        myhostname: mail.example.com
      networks:
        mynetworks: [192.0.2.0/24, 127.0.0.0/8]
      certificate:
        source: letsencrypt
        name: example.com
  register: mail

- name: Change one section, and wait for another run
  postfix_wizard.mail.server:
    answers: "{{ postfix_wizard_answers }}"
    sections: [limits]
    wait: 60

- name: Undo the run of the first task
  postfix_wizard.mail.server:
    state: undone
    run: "{{ mail.run }}"
"""

RETURN = r"""
run:
  description: The ID of the run, "" if none was begun.
  returned: always
  type: str
plan_id:
  description: The ID of the plan. The same plan on the same host has the same ID.
  returned: if O(state=present)
  type: str
steps:
  description: The steps of the run with their outcome; in check mode the pending steps.
  returned: always
  type: list
  elements: dict
outcome:
  description: How the run ended, such as V(done) or V(failed).
  returned: if a run was begun
  type: str
returned:
  description: Whether the run failed and put back by itself what it had changed.
  returned: if a run was begun
  type: bool
findings:
  description: What the check found and is not right, as C(postfix-wizard check --json) has it.
  returned: always
  type: list
  elements: dict
records:
  description: The DNS records that the server should have. Empty without O(prove).
  returned: always
  type: list
  elements: dict
blocked:
  description: Why the plan cannot run, each with C(kind), C(name) and C(message).
  returned: if the plan cannot run
  type: list
  elements: dict
message:
  description: What the run says, such as which mail is on hold.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.postfix_wizard.mail.plugins.module_utils.call import (
    PROGRAM,
    on_host,
)
from ansible_collections.postfix_wizard.mail.plugins.module_utils.program import (
    Failure,
    present,
    undone,
)


def main() -> None:
    """Plan and run, or undo."""
    module = AnsibleModule(
        argument_spec={
            "answers": {"type": "dict"},
            "sections": {"type": "list", "elements": "str", "default": []},
            "accept": {"type": "list", "elements": "str", "default": []},
            "hand_edits": {"choices": ["fail", "keep", "replace"], "default": "fail"},
            "state": {"choices": ["present", "undone"], "default": "present"},
            "run": {"type": "str"},
            "prove": {"type": "bool", "default": False},
            "wait": {"type": "int", "default": 0},
            "program": PROGRAM,
        },
        required_if=[("state", "present", ("answers",)), ("state", "undone", ("run",))],
        supports_check_mode=True,
    )
    do = {"present": present, "undone": undone}[module.params["state"]]
    try:
        result = do(on_host(module), module.params, check_mode=module.check_mode)
    except Failure as failure:
        module.fail_json(**{**failure.result, "msg": str(failure)})
    module.exit_json(**result)


if __name__ == "__main__":
    main()
