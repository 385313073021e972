"""Word lists of the reader of replies. Plain on purpose: each is a phrase a person can check, and change.

A list errs on the side of not: a missed angry letter is still a reply that a person reads; a friendly one called angry
counts against a campaign and stops mail to somebody who did not ask for that.
"""

from __future__ import annotations

AWAY_SUBJECTS = (
    "out of office", "out of the office", "automatic reply", "auto reply", "auto-reply", "autoreply", "auto response",
    "on vacation", "on annual leave", "on parental leave", "on maternity leave", "away from my desk", "away from the office",
    "abwesenheitsnotiz", "abwesend", "automatische antwort", "nicht im büro", "absence du bureau", "réponse automatique",
    "respuesta automática", "fuera de la oficina", "risposta automatica", "afwezig", "autosvar", "automatiskt svar",
)  # fmt: skip
"""Beginnings of subjects of automatic replies, as mail programs write them."""

STOP_WHOLE = frozenset({
    "stop", "stop all", "stopall", "unsubscribe", "unsubscribe me", "please unsubscribe", "please unsubscribe me",
    "remove me", "please remove me", "opt out", "opt-out", "optout", "no more emails", "no more mails",
    "abmelden", "bitte abmelden", "abbestellen", "désabonner", "désinscrire", "darse de baja", "baja",
})  # fmt: skip
"""A whole reply that says no more than this."""

STOP_WITHIN = (
    "please unsubscribe me", "unsubscribe me from", "please take me off", "take me off your list", "take me off this list",
    "remove me from your", "remove me from this", "please remove my email", "please remove my address", "please stop emailing",
    "stop sending me emails", "stop sending me mails", "stop emailing me", "stop mailing me", "do not email me again",
    "don't email me again", "do not contact me again", "don't contact me again", "do not contact us again", "don't contact us again",
)  # fmt: skip
"""Within a reply, unless the same sentence denies it."""

ANGRY = (
    "this is spam", "your spam mails", "your spam emails", "report you as spam", "reported as spam", "reporting this as spam", "marked as spam",
    "leave me alone", "leave us alone", "stop harassing", "this is harassment", "how dare you", "go to hell",
    "fuck off", "fuck you", "piss off", "screw you", "sick of your", "sick and tired of your", "fed up with your", "tired of your emails",
    "hear from my lawyer", "hear from our lawyer", "stop bothering me", "stop bothering us", "stop spamming",
    "never contact me", "never contact us",
)  # fmt: skip

DENIALS = (
    "not ", "n't ", "no longer", "never mind", "glad", "happy to", "thanks for not", "instead of", "don’t ", "without ",
)  # fmt: skip
"""In the same sentence these take an angry phrase back; a missed one is still read by a person."""
