"""Parquet and its books: where the events, the roll-ups and the state of every night live."""
