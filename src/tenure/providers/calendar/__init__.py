"""Calendar invitations as files of a message (RFC 5545, RFC 5546)."""
