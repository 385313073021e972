"""A language model that drafts text, of any maker (extra `llm`)."""
