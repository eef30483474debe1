"""How each format of log decodes: functions from the bytes of one object to its records, and from records to columns."""
