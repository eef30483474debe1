"""DuckDB SQL, in two dialects of the same statement. `duckdb_sql.py CORPUS OUT obvious|objects`.

`obvious` is what the documentation suggests: `read_json` with the columns it should find. `objects` reads every object
as one JSON value and lets `from_json` take it apart, which is several times cheaper and much less known.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

TEXTS = "eventVersion eventSource eventName eventType eventCategory awsRegion errorCode errorMessage sourceIPAddress"
TEXTS += " userAgent requestID eventID sharedEventID vpcEndpointId recipientAccountId eventTime"
NESTED = "userIdentity requestParameters responseElements additionalEventData serviceEventDetails tlsDetails"
OTHERS = "apiVersion managementEvent insightDetails addendum sessionCredentialFromConsole edgeDeviceDetails"
OTHERS += " vpcEndpointAccountId eventContext"
RESOURCE = {"ARN": "VARCHAR", "accountId": "VARCHAR", "type": "VARCHAR"}
RECORD = {
    **dict.fromkeys(TEXTS.split(), "VARCHAR"),
    **dict.fromkeys([*NESTED.split(), *OTHERS.split()], "JSON"),
    "readOnly": "BOOLEAN",
}
IDENTITY = {
    **dict.fromkeys(["type", "arn", "principalId", "accountId", "accessKeyId", "userName", "invokedBy"], "VARCHAR"),
    "onBehalfOf": "JSON",
    "inScopeOf": "JSON",
    "sessionContext": {
        "sourceIdentity": "VARCHAR",
        "sessionIssuer": {"type": "VARCHAR", "arn": "VARCHAR", "principalId": "VARCHAR"},
        "attributes": {"mfaAuthenticated": "VARCHAR", "creationDate": "VARCHAR"},
    },
}
MAXIMUM = 256 << 20  # bytes of one object; the default of 16 MB fails on the largest

OBVIOUS = """
    select unnest("Records") as r, filename
    from read_json({files}, columns = {{'Records': '{struct}'}}, maximum_object_size = {maximum}, filename = true)
"""
OBJECTS = """
    select unnest(from_json(json, '{shape}')."Records") as r, filename
    from read_json_objects({files}, format = 'newline_delimited', maximum_object_size = {maximum}, filename = true)
"""
SELECT = """
copy (
    with records as ({records}),
    identities as (select r, filename, from_json(r."userIdentity", '{identity}') as u from records)
    select
        r."eventID" as event_id, r."eventTime"::timestamptz as event_time, r."eventVersion" as event_version,
        r."eventSource" as event_source, r."eventName" as event_name, r."eventType" as event_type,
        r."eventCategory" as event_category, r."awsRegion" as aws_region,
        coalesce(r."recipientAccountId", u."accountId") as account_id, r."readOnly" as read_only,
        r."errorCode" as error_code, r."errorMessage" as error_message, r."sourceIPAddress" as source_ip,
        r."userAgent" as user_agent, r."requestID" as request_id, r."sharedEventID" as shared_event_id,
        r."vpcEndpointId" as vpc_endpoint_id, u."type" as identity_type, u."arn" as identity_arn,
        u."principalId" as principal_id, u."accountId" as identity_account_id, u."accessKeyId" as access_key_id,
        u."userName" as user_name, u."sessionContext"."sessionIssuer"."arn" as issuer_arn,
        u."sessionContext"."sessionIssuer"."type" as issuer_type,
        u."sessionContext"."sessionIssuer"."principalId" as issuer_id,
        case when contains(u."arn", ':assumed-role/') then split_part(u."arn", '/', -1) end as session_name,
        u."sessionContext"."sourceIdentity" as source_identity,
        u."sessionContext"."attributes"."mfaAuthenticated"::boolean as mfa_authenticated,
        u."sessionContext"."attributes"."creationDate"::timestamptz as session_created_at,
        u."invokedBy" as invoked_by, u."onBehalfOf"::varchar as on_behalf_of, u."inScopeOf"::varchar as in_scope_of,
        [{{'arn': x."ARN", 'account_id': x."accountId", 'type': x."type"}} for x in r."resources"] as resources,
        r."userIdentity"::varchar as user_identity, r."requestParameters"::varchar as request_parameters,
        r."responseElements"::varchar as response_elements, r."additionalEventData"::varchar as additional_event_data,
        r."serviceEventDetails"::varchar as service_event_details, r."tlsDetails"::varchar as tls_details,
        json_merge_patch('{{}}', json_object({extra}))::varchar as extra, filename as source_key
    from identities
) to '{out}' (format parquet, compression zstd, compression_level 1)
"""


def as_struct(shape: dict[str, object]) -> str:
    """Return the SQL type of a shape."""
    fields = (f'"{name}" {as_struct(kind) if isinstance(kind, dict) else kind}' for name, kind in shape.items())
    return f"STRUCT({', '.join(fields)})"


def main() -> None:
    """Run the statement over the whole corpus, with DuckDB's own threads."""
    corpus, out, dialect = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(map(str, corpus.rglob("*.json.gz")), key=lambda name: name.split("/")[-4:])
    extra = ", ".join(f"'{name}', r.\"{name}\"" for name in OTHERS.split())
    if dialect == "obvious":
        struct = f'{as_struct(RECORD)[:-1]}, "resources" {as_struct(RESOURCE)}[])[]'
        records = OBVIOUS.format(files=files, struct=struct, maximum=MAXIMUM)
    else:
        shape = json.dumps({"Records": [{**RECORD, "resources": [RESOURCE]}]})
        records = OBJECTS.format(files=files, shape=shape, maximum=MAXIMUM)
    connection = duckdb.connect(config={"threads": 2})
    target = out / "events.parquet"
    connection.execute(SELECT.format(records=records, identity=json.dumps(IDENTITY), extra=extra, out=target))
    counts = f"select count(event_id), count(*) from '{target}'"  # noqa: S608  # our own path
    ((named, rows),) = connection.execute(counts).fetchall()
    print(json.dumps({"events": rows if named == rows else -1}))


if __name__ == "__main__":
    main()
