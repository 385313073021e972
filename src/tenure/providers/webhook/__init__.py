"""A signed POST to an address of yours: any system can be a channel."""
