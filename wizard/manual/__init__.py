"""The manual: pages made of the commands, the fields and the policy, for man(1), `help` and docs/."""
