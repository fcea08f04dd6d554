# Copyright: the authors of postfix-wizard
# MIT License (see LICENSE)
"""The program on the host of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.postfix_wizard.mail.plugins.module_utils.program import Program

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

PROGRAM: dict[str, Any] = {"type": "str", "default": "postfix-wizard"}
"""The parameter of all modules that names the program."""


def on_host(module: AnsibleModule) -> Program:
    """Return the program that the parameter `program` names. The module fails if there is none."""
    name = module.params["program"]
    path = module.get_bin_path(name, opt_dirs=["/usr/local/bin"])
    if path is None:
        module.fail_json(
            msg=f"There is no program {name} on this host. The role postfix_wizard.mail.server"
            " installs it."
        )

    def run(argv: list[str], data: Optional[str]) -> tuple[int, str, str]:
        done: tuple[int, str, str] = module.run_command(
            argv, data=data, environ_update={"LC_ALL": "C.UTF-8"}
        )
        return done

    return Program(path, run)
