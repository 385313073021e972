"""Playbooks: the file format, who may enter, and what a running enrollment does next. Plain decisions, nothing else."""
