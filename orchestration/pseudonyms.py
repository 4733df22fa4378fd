"""Sensitive values become keyed references here, in memory, before anything is written.

Each field has its own domain: the same number in two fields gives two references that cannot be
matched. The key lies outside the home, so a copy of the data folder reveals nothing.
"""

import hmac
import logging
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from config import Settings
from contract import Record

_log = logging.getLogger(__name__)

_KEY_LINE = re.compile(r"(?P<version>[1-9][0-9]*)-(?P<secret>[0-9a-f]{64})")
# The second line of a key that nobody chose; `passport doctor` asks for it in production.
_MADE_HERE = "# made automatically: keep a copy apart from the data, then take this line away"
_CNIC = r"^[1-8][0-9]{12}$"
_FIRST_VERSION = 1


class PseudonymKeyError(Exception):
    """The key for pseudonyms cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True)
class PseudonymKey:
    """The key by which sensitive values become references; its version stands in each of them.

    `is_automatic` as long as nobody has said that a key made here is the authority's own.
    """

    version: int
    secret: bytes = field(repr=False)
    is_automatic: bool = field(default=False, compare=False)


def pseudonym_key(settings: Settings) -> PseudonymKey:
    """The installation's key; made (0600) and logged where there is none.

    Raises PseudonymKeyError where the file lies inside the home, can be read by others than its
    owner, or holds no key.
    """
    path = settings.pseudonym_key_file
    if path.resolve().is_relative_to(settings.home_path.resolve()):
        raise PseudonymKeyError(
            f"pseudonym key {path} lies inside the home {settings.home_path}: whoever copies the "
            "home could undo every pseudonym; set pseudonym_key_file to a place outside it"
        )
    if not path.exists():
        _make_key(path)
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="ascii").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PseudonymKeyError(
            f"pseudonym key {path} cannot be read ({type(error).__name__}): check its owner"
        ) from None
    if mode & 0o077:
        raise PseudonymKeyError(
            f"pseudonym key {path} can be used by group or others (mode {mode & 0o777:o}): "
            f"chmod 600 {path}"
        )
    told = [line.strip() for line in lines if line.strip()]
    is_automatic = told[1:] == [_MADE_HERE]
    match = _KEY_LINE.fullmatch(told[0]) if len(told) == 1 or is_automatic else None
    if match is None:
        raise PseudonymKeyError(
            f"pseudonym key {path} must hold one line <version>-<64 hex digits>: put the key of "
            "this installation back; a new one gives every person a new reference"
        )
    return PseudonymKey(int(match["version"]), bytes.fromhex(match["secret"]), is_automatic)


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Linked into place when whole: a second process sees all of the key or makes none itself.
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{_FIRST_VERSION}-{secrets.token_hex(32)}\n{_MADE_HERE}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()
    _log.warning("made a new key for pseudonyms: %s; back it up apart from the data", path)


def references(key: PseudonymKey, domain: str, values: pa.Array) -> pa.Array:
    """The references of a column of text: `<key version>-<64 hex digits>`, null for null.

    `domain` is the field's name. Each distinct value is computed once.
    """
    encoded = _distinct(values)
    # A key per domain, so that no choice of value can collide over the border of two fields.
    domain_key = hmac.digest(key.secret, domain.encode(), "sha256")
    prefix = f"{key.version}-"
    made = [
        prefix + hmac.digest(domain_key, value.encode("utf-8", "surrogatepass"), "sha256").hex()
        for value in encoded.dictionary.to_pylist()
    ]
    return pa.array(made, pa.string()).take(encoded.indices)


def cnic_is_valid(values: pa.Array) -> pa.Array:
    """Whether each CNIC has 13 digits of which the first is a province (1-8); null for null."""
    return pc.match_substring_regex(values, _CNIC)


def cnic_province(values: pa.Array) -> pa.Array:
    """The province digit of each CNIC as text; null where the CNIC is null or not valid."""
    first = pc.utf8_slice_codeunits(values, 0, 1)
    return pc.if_else(cnic_is_valid(values), first, pa.scalar(None, pa.string()))


def conceal(batch: pa.RecordBatch, record: Record, key: PseudonymKey | None) -> pa.RecordBatch:
    """`batch` with each sensitive column of `record` given way to its reference columns.

    A sensitive column that the source lacks gives none (they are optional in the landing).
    """
    sensitive = [column.name for column in record.columns if column.sensitive]
    if not sensitive:
        return batch
    arrays: list[pa.Array] = []
    names: list[str] = []
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if name not in sensitive:
            names.append(name)
            arrays.append(array)
            continue
        if key is None:
            raise PseudonymKeyError(f"no key to conceal {record.name}.{name}")
        text = _as_text(array)
        names.append(f"{name}_ref")
        arrays.append(references(key, name, text))
        if name.endswith("_cnic"):
            names += [f"{name}_is_valid", f"{name}_province"]
            arrays += [cnic_is_valid(text), cnic_province(text)]
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _distinct(values: pa.Array) -> pa.DictionaryArray:
    return values if pa.types.is_dictionary(values.type) else values.dictionary_encode()


def _as_text(array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string())
