"""The section `relay`: the host for all outgoing mail, and the login there."""
