"""Who a pseudonym is: sealed with a key that the store does not hold, or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from spondyl.core.errors import OutputError, StoreError, unreadable

KEY = "SPONDYL_IDENTITY_KEY"
"""Environment variable that holds the key, or several, one a line: the first seals, each opens."""
KEY_FILE = "SPONDYL_IDENTITY_KEY_FILE"
"""Environment variable that names a file of the same content."""


@dataclass(frozen=True)
class Identity:
    """A patient's name and number in the hospital. Not shown by `repr`, so that no log has it."""

    name: str | None
    hospital_id: str | None

    def __repr__(self) -> str:
        return "Identity(sealed)"


def keys(environment: Mapping[str, str] = os.environ) -> MultiFernet:
    """The keys that the environment gives.

    Raises
    ------
    StoreError
        If it gives none, or one that is not a key.
    """
    text, path = environment.get(KEY, ""), environment.get(KEY_FILE, "")
    if not text and path:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"key file {path} cannot be read: {unreadable(error)}; check {KEY_FILE}") from error
    if not text.split():
        raise StoreError(
            f"identities are sealed, and no key is given; set {KEY_FILE} to a key file (`spondyl followup key FILE` "
            f"makes one) or {KEY} to the key"
        )
    try:
        return MultiFernet([Fernet(word) for word in text.split()])
    except ValueError as error:
        raise StoreError(
            f"the identity key is not one: {error}; expected what `spondyl followup key FILE` writes"
        ) from error


def seal(identity: Identity, keys_: MultiFernet) -> str:
    """An identity as text that tells nothing without the key."""
    content = json.dumps({"name": identity.name, "hospital_id": identity.hospital_id})
    return keys_.encrypt(content.encode("utf-8")).decode("ascii")


def unseal(sealed: str, keys_: MultiFernet) -> Identity:
    """The identity that was sealed.

    Raises
    ------
    StoreError
        If none of the keys sealed it.
    """
    try:
        found = json.loads(keys_.decrypt(sealed.encode("ascii")))
    except InvalidToken as error:
        raise StoreError(f"none of the keys given opens this identity; check {KEY} and {KEY_FILE}") from error
    return Identity(found["name"], found["hospital_id"])


def write_key(path: Path) -> None:
    """Write a new key to a file that only its owner reads.

    Raises
    ------
    OutputError
        If the file is there already: writing over a key would lose every identity it sealed.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise OutputError(f"{path} is there already and is not written over: what it sealed would be lost") from error
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
