"""TLS for a portal: from files, or a certificate of its own."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from podlab.errors import Invalid
from podlab.workshop.place import write_private

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from cryptography.x509 import GeneralName

VALID: Final = timedelta(days=90)
_RENEWED_BEFORE: Final = timedelta(days=7)


def context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """For a server. `Invalid` where the files hold no certificate and its key."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(certificate, key, password="")  # never asks on the terminal
    except (OSError, ValueError) as error:
        raise Invalid(
            f"cannot use the certificate {certificate}: {error}", subject=str(certificate),
            hint="PEM files with the whole chain and an unencrypted key are needed",
        ) from error  # fmt: skip
    return made


def fingerprint(certificate: Path) -> str:
    """SHA-256, as browsers show it."""
    text = certificate.read_text()
    begin = text.index("-----BEGIN CERTIFICATE-----")
    end = text.index("-----END CERTIFICATE-----", begin) + len("-----END CERTIFICATE-----")
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[begin:end])).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def self_signed(file: Path, names: Collection[str]) -> Path:
    """A certificate with its key for these host names and addresses; the one that is there, while it will do."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    wanted = {_general(name) for name in names}
    now = datetime.now(UTC)
    if file.exists():
        found = x509.load_pem_x509_certificate(file.read_bytes())
        there = set(found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        if wanted <= there and found.not_valid_after_utc - _RENEWED_BEFORE > now:
            return file
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "podlab")])
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(sorted(wanted, key=repr)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(file, secret + made.public_bytes(serialization.Encoding.PEM))
    return file


def _general(name: str) -> GeneralName:
    from cryptography.x509 import DNSName, IPAddress

    try:
        return IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return DNSName(name)
