"""Signed links, the pages behind them, and mail that comes back: everything becomes a response of one touch."""

from tenure.services.tracking.keys import tracking_key
from tenure.services.tracking.links import SignedLinks
from tenure.services.tracking.mail import InboundMail
from tenure.services.tracking.pages import Tracking, Visit
from tenure.services.tracking.surveys import SurveyDesk, SurveyPage
from tenure.services.tracking.tokens import Tokens

__all__ = ["InboundMail", "SignedLinks", "SurveyDesk", "SurveyPage", "Tokens", "Tracking", "Visit", "tracking_key"]
