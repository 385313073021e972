"""The store: what people and agents touch, on SQLite or PostgreSQL by one code."""

from tenure.store.keys import KeyCache
from tenure.store.store import Store

__all__ = ["KeyCache", "Store"]
