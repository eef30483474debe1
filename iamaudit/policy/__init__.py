"""The IAM language: parse, render, match, conditions, decide, compare; pure functions."""
