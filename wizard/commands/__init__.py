"""The commands of the command line, one file each: arguments in, lines and an exit code out."""
