"""Shipped surveys: questions, scales and mails."""
