"""Migrations of the store, run by `spondyl.io.store.migrate`."""
