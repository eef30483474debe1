"""From what was used and what is granted to the smallest policy a person would write."""
