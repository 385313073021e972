"""Customers of the simulated company who read their mail and answer it through the real doors.

A mail arrives at a `MailServer`, is read as a `Letter`, and what the customer does about it (`Company.respond`) is done
over HTTP: links followed, surveys answered, replies and bounces handed to the inbound door.
"""

from tenure.testing.customers.behaving import Customers
from tenure.testing.customers.door import Door
from tenure.testing.customers.kinds import kind_of_task, kind_of_touch
from tenure.testing.customers.letters import Letter, read_letter
from tenure.testing.customers.mail_server import MailServer

__all__ = ["Customers", "Door", "Letter", "MailServer", "kind_of_task", "kind_of_touch", "read_letter"]
