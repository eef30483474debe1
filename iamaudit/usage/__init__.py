"""From one CloudTrail record to its principal, its actions and its resources."""
