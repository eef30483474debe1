"""Findings and recommendations for people and for machines."""
