"""The screens: Textual over the same answers, host, plan, run and check as the command line."""
