"""A slow and obvious twin of the usage roll-up: a Counter over the records, each id once, mapped one by one."""

from collections import Counter

from iamaudit.usage.map import map_record


def slow_usage(records):
    """Return {(dt, account, principal, action, resource, outcome, evidence): count} of records without copies' pairs."""
    found = Counter()
    for record in {record["eventID"]: record for record in records}.values():
        mapped = map_record(record)
        who = mapped.principal
        for use in mapped.uses:
            for resource in use.resources:
                key = (
                    record["eventTime"][:10],
                    who.account_id or record.get("recipientAccountId"),
                    who.arn or who.id or who.kind.value,
                    use.action,
                    resource,
                    mapped.outcome.value,
                    use.evidence,
                )
                found[key] += 1
    return found
