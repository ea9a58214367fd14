"""Signing keys as Access has them: RS256, chosen by `kid`, rotated, the previous one valid for a while longer.

Cloudflare rotates about every six weeks and keeps the previous key valid for seven days.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from sandbox.cloudflare_api.document import Json
from sandbox.front.files import read_json, write_json

ALGORITHM = "RS256"
ROTATED_EVERY = timedelta(weeks=6)
VALID_AFTER_ROTATION = timedelta(days=7)


@dataclass(frozen=True)
class SigningKey:
    """A private key, its id, its certificate, and since when another one signs in its place."""

    kid: str
    private: RSAPrivateKey
    certificate: str
    made: datetime
    replaced: datetime | None = None

    def jwk(self) -> Json:
        """The public half, as JWK sets carry it."""
        public = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {"kid": self.kid, "kty": "RSA", "alg": ALGORITHM, "use": "sig", "e": public["e"], "n": public["n"]}


class KeyRing:
    """The keys of one signer, kept in a file (or only in memory)."""

    def __init__(self, signer: str, file: Path | None = None) -> None:
        self._signer = signer
        self._file = file
        rows = read_json(file).get("keys", []) if file is not None else []
        self._keys = [_loaded(row) for row in rows] or [_fresh(signer)]
        self._save()

    @property
    def current(self) -> SigningKey:
        """The key that signs now; an old one is replaced first."""
        if datetime.now(UTC) - self._keys[0].made > ROTATED_EVERY:
            self.rotate()
        return self._keys[0]

    def rotate(self) -> SigningKey:
        """Sign with a new key from now on; the one before stays valid, older ones do not."""
        now = datetime.now(UTC)
        before = self._keys[0]
        retired = SigningKey(before.kid, before.private, before.certificate, before.made, now)
        self._keys = [_fresh(self._signer), retired]
        self._save()
        return self._keys[0]

    def valid(self) -> tuple[SigningKey, ...]:
        """The keys whose signatures count, the current one first."""
        now = datetime.now(UTC)
        kept = (key for key in self._keys[1:] if key.replaced and now - key.replaced < VALID_AFTER_ROTATION)
        return (self.current, *kept)

    def named(self, kid: str) -> SigningKey | None:
        """The valid key of that id."""
        return next((key for key in self.valid() if key.kid == kid), None)

    def sign(self, claims: Json) -> str:
        """A compact JWT of these claims."""
        key = self.current
        return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid})

    def jwks(self) -> Json:
        """A plain JWK set."""
        return {"keys": [key.jwk() for key in self.valid()]}

    def certs(self) -> Json:
        """The document of `/cdn-cgi/access/certs`: the JWK set, and the same keys as certificates."""
        certificates = [{"kid": key.kid, "cert": key.certificate} for key in self.valid()]
        return {**self.jwks(), "public_cert": certificates[0], "public_certs": certificates}

    def _save(self) -> None:
        if self._file is not None:
            write_json(self._file, {"keys": [_row(key) for key in self._keys]})


def _fresh(signer: str) -> SigningKey:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, signer)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + ROTATED_EVERY + VALID_AFTER_ROTATION)
        .sign(private, hashes.SHA256())
    )
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return SigningKey(hashlib.sha256(spki).hexdigest(), private, pem, now)


def _row(key: SigningKey) -> Json:
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    replaced = key.replaced.isoformat() if key.replaced else None
    return {
        "kid": key.kid,
        "private": pem.decode(),
        "certificate": key.certificate,
        "made": key.made.isoformat(),
        "replaced": replaced,
    }


def _loaded(row: Json) -> SigningKey:
    private = serialization.load_pem_private_key(str(row["private"]).encode(), None)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError("a signing key must be an RSA key")
    replaced = datetime.fromisoformat(row["replaced"]) if row.get("replaced") else None
    return SigningKey(row["kid"], private, row["certificate"], datetime.fromisoformat(row["made"]), replaced)
