"""After the roll-out: which refused calls a change of ours caused, and what gives them back."""
