"""Idle credentials, unused permissions and least-privilege policies with their proof, from CloudTrail and Config logs."""
