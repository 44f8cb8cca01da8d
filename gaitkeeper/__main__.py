"""`python -m gaitkeeper` is the command."""

from gaitkeeper.cli import main

main()
