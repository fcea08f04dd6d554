"""Name the `-o` options of master.cf that overrule what the planned sections write to main.cf.

They stay. A service has its own value of such a parameter, whatever main.cf says (master(5)).
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers.model import POLICY
from wizard.plan.scope import Scope
from wizard.planning.files import Proposed
from wizard.postfix.main_cf import MainCf
from wizard.postfix.master_cf import MasterCf, same_value
from wizard.postfix.parameters import BY_NAME, DEFAULTS, RESTRICTIONS, Parameter
from wizard.postfix.service_entry import Service, port_of_entry

_SECTIONS = ("hostname", "domains", "networks", "certificate", "delivery", "limits", "blocklists")
"""The other sections write options themselves, or name them elsewhere. What certificate removes is not here."""
_RELAYHOST = "relayhost"
_SMTP = 25


def warnings(proposed: Proposed, scope: Scope) -> Iterator[str]:
    """Yield a sentence for each option with another value than the planned main.cf."""
    main = MainCf.parse(proposed.main.proposal.text)
    for service in MasterCf.parse(proposed.master.proposal.text).services:
        for name, value in () if service.loopback else service.values.items():
            parameter = BY_NAME.get(name)
            if parameter is None or not _concerns(parameter, service, scope):
                continue
            planned = main.value(name)
            if not same_value(value, DEFAULTS.get(name, "") if planned is None else planned):
                yield (
                    f"master.cf, {service.key}: -o {name}={value} stays: there it overrules {name} of"
                    " main.cf. Take it out, unless that is what you want."
                )


def _concerns(parameter: Parameter, service: Service, scope: Scope) -> bool:
    section = parameter.answered_in or parameter.section
    if parameter.name == _RELAYHOST:
        return section in scope
    if section not in _SECTIONS or section not in scope:
        return False
    if parameter.kind != RESTRICTIONS:
        return True
    # 587 and 465 have a list of their own, and a plan of the policy judges the one of port 25.
    return POLICY not in scope and port_of_entry(service.key) == _SMTP
