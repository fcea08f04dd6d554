"""The sections of the answers: what each gives to plan, status, check and the screens."""
