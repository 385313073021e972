"""Migrations of the store, run by `tenure.store.upgrade`."""
