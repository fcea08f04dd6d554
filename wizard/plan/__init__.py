"""What a plan is: its steps, files and terms; how it is shown and stored."""
