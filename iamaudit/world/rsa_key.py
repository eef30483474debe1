"""The key that signs a made-up organisation's digests: of true size, and the same for the same seed.

Nothing is secret about it: whoever knows the seed can make it. It must never sign anything else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from random import Random
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

_BITS: Final = 2048
_EXPONENT: Final = 65537
_ROUNDS: Final = 5  # of Miller and Rabin: for random numbers of this size that is more than enough
_SMALL: Final = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))


class SigningKey:
    """An RSA key with what the digests say of it: fingerprint, and the public half as `list-public-keys` prints it."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self._private = private
        public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        self.value = base64.b64encode(public).decode("ascii")
        self.fingerprint = hashlib.md5(public, usedforsecurity=False).hexdigest()

    def sign(self, text: str) -> str:
        """Return the signature over *text* in hexadecimal digits."""
        return self._private.sign(text.encode(), PKCS1v15(), hashes.SHA256()).hex()


@cache
def signing_key(seed: int) -> SigningKey:
    """Return the key of that seed; finding its primes takes a good half second."""
    rng = Random(f"{seed}/digest key")
    p, q = sorted((_prime(rng), _prime(rng)), reverse=True)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return SigningKey(numbers.private_key())


def _prime(rng: Random) -> int:
    """Draw a prime of half the key's size; its two highest bits are set, so that the product is full."""
    size = _BITS // 2
    while True:
        candidate = rng.getrandbits(size) | (3 << (size - 2)) | 1
        if all(candidate % n for n in _SMALL) and (candidate - 1) % _EXPONENT and _is_prime(candidate, rng):
            return candidate


def _is_prime(number: int, rng: Random) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(_ROUNDS):
        power = pow(rng.randrange(2, number - 1), odd, number)
        if power in {1, number - 1}:
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
