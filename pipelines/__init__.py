"""Thin Prefect flows: schedule, retry, observe; no AWS knowledge here."""
