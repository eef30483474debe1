"""The digest chain without a walk: an object is valid when every sentence that makes it so holds.

Slow and obvious: `json`, `zlib`, and RSA in whole numbers. It says which objects are valid, and nothing of the others.
"""

import hashlib
import json
import zlib

from cryptography.hazmat.primitives.serialization import load_der_public_key

SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo of PKCS#1 v1.5


def valid_objects(memory, keys):
    """Return the keys of the digests and logs that are valid; *keys* is {fingerprint: DER}."""
    digests = {key: parsed(data) for key, data in memory.objects.items() if "CloudTrail-Digest" in key}
    digests = {key: digest for key, digest in digests.items() if digest is not None}
    listed = sorted(key for key in memory.objects if "CloudTrail-Digest" in key)
    after, authentic = {}, set()
    for key in sorted(digests, reverse=True):
        if is_authentic(key, digests, after, memory, keys):
            authentic.add(key)
        before = digests[key]["previousDigestS3Object"]
        is_next = listed.index(key) > 0 and before == listed[listed.index(key) - 1]
        if before in digests and (is_next or (before < key and key in authentic)):
            after[before] = key  # what is not authentic may speak of its neighbour only
    valid = {key for key in authentic if is_valid(key, digests, after, authentic, memory)}
    for key in authentic:
        for log in digests[key]["logFiles"]:
            data = memory.objects.get(log["s3Object"])
            if data is not None and hashed(data) == log["hashValue"]:
                valid.add(log["s3Object"])
    return valid


def parsed(data):
    text = unzipped(data)
    try:
        found = json.loads(text) if text is not None else None
    except ValueError:
        return None
    return {**found, "sha256": hashlib.sha256(text).hexdigest()} if is_digest(found) else None


def is_digest(found):
    texts = ("digestStartTime", "digestEndTime", "digestS3Bucket", "digestS3Object", "digestPublicKeyFingerprint")
    before = ("previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue", "previousDigestSignature")
    return (
        isinstance(found, dict)
        and all(isinstance(found.get(name), str) for name in (*texts, "digestSignatureAlgorithm"))
        and all(name in found for name in before)
        and len({type(found[name]) for name in before}) == 1
        and type(found[before[0]]) in {str, type(None)}
        and found.get("previousDigestHashAlgorithm") in {"SHA-256", None}
        and isinstance(found.get("logFiles"), list)
        and all(
            isinstance(log, dict)
            and all(isinstance(log.get(name), str) for name in ("s3Bucket", "s3Object", "hashValue", "hashAlgorithm"))
            for log in found["logFiles"]
        )
    )


def is_authentic(key, digests, after, memory, keys):
    """CloudTrail signed it: the signature is the object's own, or without metadata the one that the next one repeats."""
    digest, metadata = digests[key], memory.metadatas.get(key)
    if metadata is not None:
        signature = metadata.get("signature")
    else:
        signature = digests[after[key]]["previousDigestSignature"] if key in after else None
    key_of_it = keys.get(digest["digestPublicKeyFingerprint"])
    if signature is None or key_of_it is None or digest["digestSignatureAlgorithm"] != "SHA256withRSA":
        return False
    text = "\n".join(
        [
            digest["digestEndTime"],
            f"{digest['digestS3Bucket']}/{digest['digestS3Object']}",
            digest["sha256"],
            digest["previousDigestSignature"] or "null",
        ]
    )
    return is_signed(text.encode(), signature, key_of_it)


def is_valid(key, digests, after, authentic, memory):
    digest, metadata = digests[key], memory.metadatas.get(key)
    if digest["digestS3Object"] != key:
        return False
    if metadata is not None and metadata.get("signature-algorithm") != "SHA256withRSA":
        return False
    if after.get(key) in authentic:
        told = digests[after[key]]
        if told["previousDigestHashValue"] != digest["sha256"]:
            return False
        if metadata is not None and told["previousDigestSignature"] != metadata.get("signature"):
            return False
    return True


def is_signed(text, signature, der):
    numbers = load_der_public_key(der).public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    if not signature or set(signature) - set("0123456789abcdef") or len(signature) != 2 * size:
        return False
    opened = pow(int(signature, 16), numbers.e, numbers.n).to_bytes(size, "big")
    tail = SHA256 + hashlib.sha256(text).digest()
    return int(signature, 16) < numbers.n and opened == b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail


def unzipped(data):
    """Return the content; None for what is not gzip and nothing else, or has an empty member beside others."""
    if not data:
        return None
    members = []
    while data:
        stream = zlib.decompressobj(31)
        try:
            members.append(stream.decompress(data) + stream.flush())
        except zlib.error:
            return None
        if not stream.eof:
            return None
        data = stream.unused_data
    return None if len(members) > 1 and b"" in members else b"".join(members)


def hashed(data):
    text = unzipped(data)
    return None if text is None else hashlib.sha256(text).hexdigest()
