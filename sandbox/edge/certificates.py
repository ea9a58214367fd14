"""The sandbox's own certificate authority and the leaf certificate that edge and browser side show."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# The names that cloudflared verifies, and the team domains.
NAMES = ("h2.cftunnel.com", "quic.cftunnel.com", "*.cloudflareaccess.com", "localhost", "127.0.0.1")
_CA_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=90)
_RENEW_BEFORE = timedelta(days=14)
# Clocks of containers may be a little behind.
_BACKDATED = timedelta(hours=1)


@dataclass(frozen=True)
class Certificates:
    """Files in PEM. `authority` is what clients trust; `chain` and `key` are what servers show."""

    authority: Path
    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """TLS as a server with the leaf certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain, self.key)
        return context

    def pin(self) -> str:
        """What browsers know the leaf's key by. It never changes."""
        return fingerprint(self.chain)

    def client_context(self) -> ssl.SSLContext:
        """TLS as a client that trusts the sandbox and nothing else."""
        return ssl.create_default_context(cafile=self.authority)


def fingerprint(file: Path) -> str:
    """A certificate's key as browsers are told of it: base64 of the SHA-256 of its SubjectPublicKeyInfo."""
    key = _certificate(file).public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def certificates(directory: Path, hosts: Iterable[str] = ()) -> Certificates:
    """The certificates kept in `directory`: made once, the leaf again when a host is new or its end is near."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    found = Certificates(directory / "ca.pem", directory / "leaf.pem", directory / "leaf.key")
    ca_key_file = directory / "ca.key"
    if not _lasts(found.authority) or not ca_key_file.exists():
        _write_authority(found.authority, ca_key_file)
        found.chain.unlink(missing_ok=True)
    wanted = tuple(dict.fromkeys((*NAMES, *hosts)))
    if not _lasts(found.chain) or not found.key.exists() or not set(wanted) <= _names_in(found.chain):
        known = tuple(sorted(_names_in(found.chain))) if found.chain.exists() else ()
        _write_leaf(found, ca_key_file, tuple(dict.fromkeys((*wanted, *known))))
    return found


def _lasts(file: Path) -> bool:
    return file.exists() and _certificate(file).not_valid_after_utc - _RENEW_BEFORE > datetime.now(UTC)


def _certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def _key_in(file: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{file} holds a key of another kind")
    return key


def _names_in(file: Path) -> set[str]:
    names = _certificate(file).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def _write_authority(file: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gatehouse sandbox CA")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = _usage(signs_certificates=True)
    certificate = (
        _builder(name, name, key.public_key(), _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_private(key_file, _key_pem(key))
    _write_private(file, certificate.public_bytes(serialization.Encoding.PEM))
    # Browsers and connectors of other users may read what they are to trust, once the directory lets them.
    file.chmod(0o644)


def _write_leaf(files: Certificates, ca_key_file: Path, names: tuple[str, ...]) -> None:
    authority = _certificate(files.authority)
    ca_key = _key_in(ca_key_file)
    # Browsers are told to trust this very key, so a new certificate is made for the old one.
    key = _key_in(files.key) if files.key.exists() else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gatehouse sandbox edge")])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    certificate = (
        _builder(subject, authority.subject, key.public_key(), _LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (certificate, authority))
    _write_private(files.key, _key_pem(key))
    _write_private(files.chain, chain)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: timedelta
) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_private(file: Path, content: bytes) -> None:
    """Written beside and moved into place, so that nobody reads half a key or one with open modes."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
    fresh.replace(file)
