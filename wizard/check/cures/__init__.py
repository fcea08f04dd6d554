"""What ends a finding: commands and edits that root can run as they are, or the reason why there are none."""
