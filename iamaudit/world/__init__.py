"""A made-up organisation that writes true-to-life logs and state."""
