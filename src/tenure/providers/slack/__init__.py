"""Slack: messages to the team, by bot token or incoming webhook."""
