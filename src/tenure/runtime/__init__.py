"""Schedules and the worker: what makes one process take in facts and keep scores fresh by itself."""
