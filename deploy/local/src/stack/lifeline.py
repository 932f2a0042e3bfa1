"""What a command says to the supervisor it started; see `stack.supervisor`."""

DETACH = b"detach\n"
"""The stack shall outlive the command that wanted it."""
