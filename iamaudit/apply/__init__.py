"""Changing AWS as a plan says, one approved change after the other, so that all of it can be taken back."""
