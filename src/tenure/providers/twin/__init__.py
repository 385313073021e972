"""The local twin: shows what would leave, writes it as files, and has bad days on request."""
