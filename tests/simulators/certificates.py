# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates made on the spot: a private authority, and what a client must not trust."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import typing as t
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SHOWN = ("server", "expired", "elsewhere", "self_signed")
"""What a server may show: good, out of date, for another host, signed by nobody."""


class Certificates(t.NamedTuple):
    """A private authority and what it signed; all are paths of PEM files."""

    authority: Path
    server: Path
    expired: Path
    elsewhere: Path
    self_signed: Path
    client: Path
    client_key: Path

    def context(self, name: str = "server") -> ssl.SSLContext:
        """Return what a TLS server uses to show the certificate of this name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(getattr(self, name))
        return context


def make_certificates(folder: Path) -> Certificates:
    """Make an authority and certificates for 127.0.0.1: good, expired, for another host, self-signed, for a client."""
    now = dt.datetime.now(dt.timezone.utc)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("netfleet test authority")

    def make(
        name: str, address: str, days: int, *, self_signed: bool = False
    ) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(name) if self_signed else authority_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=9))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .sign(key if self_signed else authority_key, hashes.SHA256())
        )
        return key, certificate

    def write(name: str, *things: ec.EllipticCurvePrivateKey | x509.Certificate, password: bytes | None = None) -> Path:
        path = folder / f"{name}.pem"
        pem = b""
        for thing in things:
            if isinstance(thing, x509.Certificate):
                pem += thing.public_bytes(serialization.Encoding.PEM)
            else:
                protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
                if password:
                    protection = serialization.BestAvailableEncryption(password)
                pem += thing.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        path.write_bytes(pem)
        return path

    authority = (
        x509.CertificateBuilder()
        .subject_name(authority_name)
        .issuer_name(authority_name)
        .public_key(authority_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=9))
        .not_valid_after(now + dt.timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    client_key, client = make("client", "127.0.0.1", 9)
    return Certificates(
        authority=write("authority", authority),
        server=write("server", *make("server", "127.0.0.1", 9)),
        expired=write("expired", *make("expired", "127.0.0.1", -1)),
        elsewhere=write("elsewhere", *make("elsewhere", "192.0.2.1", 9)),
        self_signed=write("self_signed", *make("self signed", "127.0.0.1", 9, self_signed=True)),
        client=write("client", client),
        client_key=write("client_key", client_key, password=b"locked"),
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class TlsDoor:
    """A TLS listener whose certificate can be changed while it listens."""

    def __init__(self, folder: Path) -> None:
        """Take the folder :func:`make_certificates` wrote; the good certificate is shown first."""
        self._folder = folder
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.url = ""
        self.restore()

    def show(self, name: str) -> None:
        """Show another certificate to every connection from now on; raises ValueError for one there is not."""
        path = self._folder / f"{name}.pem"
        if name not in SHOWN:
            raise ValueError(f"There is no certificate {name!r}: it is one of {', '.join(SHOWN)}.")
        self.context.load_cert_chain(path)

    def restore(self) -> None:
        """Show the good certificate again."""
        self.show("server")
