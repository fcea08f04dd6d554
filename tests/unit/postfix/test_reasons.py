"""The reasons of a diff: each is the policy's, and claims nothing about a host that nobody read."""

from __future__ import annotations

import re

import pytest

from wizard.answers.catalogue import CATALOGUE
from wizard.postfix.parameters import BY_NAME, PARAMETERS, Parameter

FACT = re.compile(
    r"this host(?:'s [\w ]+)? (?:has|is|does|runs)|this is a |\bkeeps the mail\.|is local\."
)


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda one: one.name)
def test_a_reason_claims_no_fact_about_this_host(parameter: Parameter) -> None:
    """The plan makes these texts from the answers alone."""
    assert not FACT.search(parameter.why), parameter.why


def test_a_line_that_never_matches_is_explained_where_it_is_caused() -> None:
    """The policy has both, smtpd_peername_lookup = no and the line for client names."""
    line = "reject_rhsbl_reverse_client"
    (entry,) = [one for one in CATALOGUE if one.name == "spamhaus-dbl"]
    assert any(one.startswith(line) for one in entry.rejects)
    assert "a part of the policy" in entry.weakness
    assert f"{line}, which is a part of the policy, never matches" in " ".join(
        BY_NAME["smtpd_peername_lookup"].why.split()
    )
