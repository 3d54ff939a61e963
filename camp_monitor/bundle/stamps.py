"""Time stamps: an authority signs that something existed at a time.

RFC 3161, https://doi.org/10.17487/RFC3161.  A stamp is kept as two files with one name, made of
their hashes: the authority's answer, which ``openssl ts`` reads, and the certificates that it was
checked against.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from camp_monitor.bundle.der import in_order
from camp_monitor.errors import RemoteError, StampError
from camp_monitor.providers.network.addresses import where
from camp_monitor.providers.network.connecting import Limits
from camp_monitor.providers.network.remote import Remote
from camp_monitor.settings import AuthoritySettings
from camp_monitor.workspace import Workspace

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client.tsp import SignedData

MOST_ANSWER_BYTES = 200_000
MOST_CERTIFICATES_BYTES = 1_000_000
LIMITS = Limits(read_s=15.0, total_s=30.0, attempts=2, first_attempts=1)
TOKEN, CERTIFICATES = ".tsr", ".pem"
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_GRANTED = (0, 1)
_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True)
class Stamp:
    """An answer of an authority, and the certificates that it was checked against, as PEM."""

    token: bytes
    certificates: bytes

    @property
    def name(self) -> str:
        """Of its two files, without their suffixes: what was altered no longer has its name."""
        parts = (self.token, self.certificates)
        return "-".join(hashlib.sha256(part).hexdigest()[:16] for part in parts)


@dataclass(frozen=True)
class Stated:
    """What a stamp states, once its signature is checked.

    Parameters
    ----------
    at : datetime
        UTC.
    sha256 : str
        Of what was stamped.
    authority : str
        Subject of the certificate that signed.
    """

    at: datetime
    sha256: str
    authority: str


def ask_stamps(
    workspace: Workspace, content: bytes
) -> tuple[list[tuple[Stamp, Stated]], list[str]]:
    """Ask every authority of the settings for a stamp on a content.

    Returns
    -------
    list of (Stamp, Stated)
        Those that were given, each checked.
    list of str
        Sentences: which authority gave none, and why.
    """
    given, failures = [], []
    for authority in workspace.configuration.time_stamps.authorities:
        try:
            certificates = read_certificates(workspace.root / authority.certificates)
            given.append(ask_stamp(authority, certificates, content))
        except (StampError, RemoteError) as error:
            failures.append(str(error))
    return given, failures


def ask_stamp(
    authority: AuthoritySettings, certificates: bytes, content: bytes, limits: Limits = LIMITS
) -> tuple[Stamp, Stated]:
    """Ask one authority for a stamp.

    Raises
    ------
    RemoteError
        It cannot be reached, or does not answer in time or bounds.
    StampError
        Its answer is no stamp, or not one of this content under these certificates.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    with Remote(authority.url, limits=limits) as remote:
        answer = remote.post(authority.url, request.as_bytes(), (_QUERY, _REPLY), MOST_ANSWER_BYTES)
    stamp = Stamp(answer, certificates)
    try:
        stated = read_stamp(stamp, nonce=request.nonce)
    except StampError as error:
        raise StampError(f"{where(authority.url)} gave no stamp that holds: {error}") from error
    if stated.sha256 != hashlib.sha256(content).hexdigest():
        raise StampError(f"{where(authority.url)} gave a stamp of something else.")
    return stamp, stated


def read_stamp(stamp: Stamp, nonce: int | None = None) -> Stated:
    """Check the signature of a stamp and its certificates at its time; return what it states.

    Parameters
    ----------
    stamp : Stamp
    nonce : int or None
        Of the request, where it is known.

    Raises
    ------
    StampError
        It is none, was altered, or its certificates do not lead to those given or had expired.
    """
    try:
        return _read(stamp, nonce)
    except StampError:
        raise
    except Exception as error:  # libraries raise many kinds on the bytes of strangers
        raise StampError("it is no time stamp.") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of Rust: a class that cannot be imported
            raise
        raise StampError("it is no time stamp.") from error


def _read(stamp: Stamp, nonce: int | None) -> Stated:
    from rfc3161_client import VerifierBuilder, decode_timestamp_response
    from rfc3161_client.errors import VerificationError

    token = in_order(stamp.token)
    answer = decode_timestamp_response(token)
    if answer.as_bytes() != token:
        raise StampError("it is not written as a time stamp is.")
    if answer.status not in _GRANTED:
        said = "; ".join(answer.status_string)[:200]
        said = "".join(sign if sign.isprintable() else "?" for sign in said)
        raise StampError(f"the authority refused ({said or f'status {answer.status}'}).")
    imprint = answer.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256:
        raise StampError("it is not of a SHA-256.")
    roots = _certificates(stamp.certificates)
    try:
        VerifierBuilder(roots=roots, nonce=nonce).build().verify(answer, imprint.message)
    except VerificationError as error:
        raise StampError(
            "its signature or its certificates do not hold under the certificates given "
            f"({str(error)[:120]})."
        ) from error
    at = answer.tst_info.gen_time
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return Stated(at, imprint.message.hex(), _signer(answer.signed_data))


def write_stamp(folder: Path, stamp: Stamp) -> Path:
    """Write the two files of a stamp into a folder, and return the first.

    Raises
    ------
    StampError
        They cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{stamp.name}{CERTIFICATES}").write_bytes(stamp.certificates)
        path = folder / f"{stamp.name}{TOKEN}"
        path.write_bytes(stamp.token)
    except OSError as error:
        raise StampError(f"{folder} cannot be written ({error.strerror}).") from error
    return path


def read_certificates(path: Path) -> bytes:
    """Return the certificates of a PEM file, and nothing else that stands there.

    Raises
    ------
    StampError
        It cannot be read or holds none.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        if path.stat().st_size > MOST_CERTIFICATES_BYTES:
            raise StampError(f"{path} is too large for a file of certificates: name another.")
        found = _certificates(path.read_bytes())
    except OSError as error:
        raise StampError(f"{path} cannot be read ({error.strerror}).") from error
    except StampError as error:
        raise StampError(f"{path} cannot be used: {error}") from error
    return b"".join(one.public_bytes(Encoding.PEM) for one in found)


def fingerprints(certificates: bytes) -> tuple[str, ...]:
    """Return the SHA-256 of each certificate, as authorities publish it: ``AB:CD:...``."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return tuple(one.fingerprint(SHA256()).hex(":").upper() for one in _certificates(certificates))


def _certificates(content: bytes) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(content)
    except ValueError as error:
        raise StampError("it holds no certificate.") from error


def _signer(signed: SignedData) -> str:
    """Name the certificate that signed; it was checked before."""
    from cryptography.x509 import load_der_x509_certificate

    serials = {one.serial_number for one in signed.signer_infos}
    for content in signed.certificates:
        certificate = load_der_x509_certificate(content)
        if certificate.serial_number in serials:
            name = certificate.subject.rfc4514_string()
            return "".join(sign if sign.isprintable() else "?" for sign in name)[:200]
    return ""
