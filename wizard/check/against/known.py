"""What this server is, for a check from another machine (`check --print-target`)."""

from __future__ import annotations

from wizard.answers.model import Answers
from wizard.check.abuse.as_stranger import target_of
from wizard.check.against.target_file import KnownServer
from wizard.check.commands import start_command
from wizard.check.dovecot import delivery
from wizard.check.network.stranger import networks
from wizard.check.postfix.trusted import expanded
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.main_cf import words

MYNETWORKS = ("postconf", "-x", "-h", "mynetworks")


def known_server(answers: Answers, door: Door) -> KnownServer:
    """Return what the server should be, by its answers, and which networks it trusts.

    The networks are those of mynetworks that Postfix has in force, with the items of files. Tables
    other than cidr are not among them. Raises Trouble if postconf(1) does not tell them.
    """
    listed = start_command(door, MYNETWORKS)()
    if listed.failure:
        raise Trouble(
            "asking Postfix for mynetworks",
            listed.failure,
            "Repair what postconf complains of; without these networks a machine that may relay"
            " would take the server for an open relay.",
        )
    waits = delivery.socket_fault(delivery.AUTH_SOCKET)
    trusted = networks(expanded(door, words(listed.text)))
    return KnownServer(target_of(answers, "", waits), trusted)
