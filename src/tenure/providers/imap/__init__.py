"""Replies read from a mailbox over IMAP."""
