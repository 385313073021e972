"""Decisions: asked, reminded, answered once, executed once."""
