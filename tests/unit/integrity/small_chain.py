"""A made-up chain of digests in memory, and a `SignedSource` over it whose every byte a test may change."""

import gzip
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO

from iamaudit.errors import InputError, SourceError
from iamaudit.integrity.public_keys import read_public_keys
from iamaudit.integrity.verify import list_objects, verify_objects
from iamaudit.lake.layout import ledger_key
from iamaudit.ports import Listed
from iamaudit.world.rsa_key import signing_key

ACCOUNT = "111122223333"
REGION = "eu-west-1"
TRAIL = "main_trail"
START = datetime(2026, 6, 1, tzinfo=UTC)
KEY = signing_key(1)
PUBLIC_KEYS = json.dumps({"PublicKeyList": [{"Value": KEY.value, "Fingerprint": KEY.fingerprint}]}).encode()


def at(hours):
    return START + timedelta(hours=hours)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Memory:
    """Objects and their metadata by path."""

    objects: dict = field(default_factory=dict)
    metadatas: dict = field(default_factory=dict)
    bucket: str | None = None
    unreadable: set = field(default_factory=set)

    def describe(self):
        return "memory"

    def list(self):
        if not self.objects:
            raise InputError("there is nothing")
        for path, data in sorted(self.objects.items()):
            yield Listed(path, ledger_key(path, otherwise=path), len(data))

    def open(self, entry):
        if entry.path in self.unreadable:
            raise SourceError(f"cannot read `{entry.path}`: it does not answer")
        return BytesIO(self.objects[entry.path])

    def done(self, entries):
        pass

    def metadata(self, entry):
        return self.metadatas.get(entry.path)


@dataclass
class SmallChain:
    """Builds digests one after the other into a `Memory`; keys are kept by the name that a test gives them."""

    memory: Memory = field(default_factory=Memory)
    account: str = ACCOUNT
    region: str = REGION
    trail: str = TRAIL
    prefix: str = ""
    bucket: str = "example-logs"
    organization: str = ""
    is_backfill: bool = False
    previous: dict | None = None
    logs: list = field(default_factory=list)
    digests: list = field(default_factory=list)

    @property
    def home(self):
        return f"{self.prefix}AWSLogs/{self.organization + '/' if self.organization else ''}{self.account}"

    def log(self, moment, records=b'{"Records":[]}', name="AAAABBBBCCCCDDDD"):
        """Put a log object; return what a digest says of it."""
        file = f"{self.account}_CloudTrail_{self.region}_{moment:%Y%m%dT%H%MZ}_{name}.json.gz"
        key = f"{self.home}/CloudTrail/{self.region}/{moment:%Y/%m/%d}/{file}"
        self.memory.objects[key] = gzip.compress(records, mtime=0)
        self.logs.append(key)
        digest = hashlib.sha256(records).hexdigest()
        return {"s3Bucket": self.bucket, "s3Object": key, "hashValue": digest, "hashAlgorithm": "SHA-256"}

    def digest(self, start, end, logs=(), **changed):
        """Put a digest that names *logs* and the digest before; return its key."""
        tail = "_backfill" if self.is_backfill else ""
        file = (
            f"{self.account}_CloudTrail-Digest_{self.region}_{self.trail}_us-east-1_{end:%Y%m%dT%H%M%SZ}{tail}.json.gz"
        )
        key = f"{self.home}/CloudTrail-Digest/{self.region}/{end:%Y/%m/%d}/{file}"
        before = self.previous or {}
        content = {
            "awsAccountId": self.account,
            "digestStartTime": stamp(start),
            "digestEndTime": stamp(end),
            "digestS3Bucket": self.bucket,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": KEY.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None,
            "oldestEventTime": None,
            "previousDigestS3Bucket": before.get("bucket"),
            "previousDigestS3Object": before.get("key"),
            "previousDigestHashValue": before.get("sha256"),
            "previousDigestHashAlgorithm": "SHA-256" if before else None,
            "previousDigestSignature": before.get("signature"),
            "logFiles": list(logs),
            **changed,
        }
        text = json.dumps(content).encode()
        sha256 = hashlib.sha256(text).hexdigest()
        place = f"{content['digestS3Bucket']}/{content['digestS3Object']}"
        signature = KEY.sign(
            f"{content['digestEndTime']}\n{place}\n{sha256}\n{content['previousDigestSignature'] or 'null'}"
        )
        self.memory.objects[key] = gzip.compress(text, mtime=0)
        self.memory.metadatas[key] = {"signature": signature, "signature-algorithm": "SHA256withRSA"}
        if self.is_backfill:
            self.memory.metadatas[key]["backfill-generation-timestamp"] = stamp(end + timedelta(days=1))
        self.previous = {"bucket": self.bucket, "key": key, "sha256": sha256, "signature": signature}
        self.digests.append(key)
        return key


def small_chain(hours=3, **about):
    """Return a chain of *hours* digests, each with one log but the last, which is empty."""
    chain = SmallChain(**about)
    for hour in range(hours):
        logs = [chain.log(at(hour), f'{{"Records":[{hour}]}}'.encode())] if hour < hours - 1 else []
        chain.digest(at(hour), at(hour + 1), logs)
    return chain


def change(memory, key, **fields):
    """Change fields of a digest's content, as somebody without the private key would."""
    content = {**json.loads(gzip.decompress(memory.objects[key])), **fields}
    memory.objects[key] = gzip.compress(
        json.dumps({k: v for k, v in content.items() if v is not ...}).encode(), mtime=0
    )


def verdicts(memory, keys=PUBLIC_KEYS, **about):
    """Return every verdict of a place, in order."""
    known = read_public_keys(keys, name="keys")
    window = {name: about.get(name) for name in ("since", "until")}
    return list(verify_objects(memory, known, list_objects(memory, **window), **about))


def told(memory, keys=PUBLIC_KEYS, **about):
    """Return {object: verdict}, as `verify --json` tells it; no object may be told twice."""
    lines = [verdict.as_json() for verdict in verdicts(memory, keys, **about)]
    assert len(lines) == len({line["object"] for line in lines})
    return {line["object"]: line["verdict"] for line in lines}
