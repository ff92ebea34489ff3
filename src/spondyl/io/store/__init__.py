"""The store of followed patients: SQLite file or PostgreSQL. Needs the extra `followup`."""

from spondyl.io.store.identity import KEY, KEY_FILE, Identity, write_key
from spondyl.io.store.opening import create_store, open_store, upgrade_store
from spondyl.io.store.reading import Change, Stored
from spondyl.io.store.store import Store, checked_writer

__all__ = [
    "KEY",
    "KEY_FILE",
    "Change",
    "Identity",
    "Store",
    "Stored",
    "checked_writer",
    "create_store",
    "open_store",
    "upgrade_store",
    "write_key",
]
