"""Decides conflicts about doses, without knowing where they come from."""

import json

MOST_MG_DEFAULT = 100


def decide(base, stored, incoming, settings):
    """Gives what is to stand, or None for a person to decide, and the reason in one sentence.

    Each side is a dose as the application stores it, or None where there is none or it was deleted. Notes of both are kept.
    Where both changed the amount, the smaller one stands until somebody looks.
    """
    most_mg = settings.get("mostMg", MOST_MG_DEFAULT)
    if stored is None or incoming is None:
        return None, "The dose was withdrawn on one side and changed on the other."
    if stored["drug"] != incoming["drug"]:
        return None, f"It is {stored['drug']} on one side and {incoming['drug']} on the other."
    mg = _amount(base, stored, incoming)
    if mg > most_mg:
        return None, f"{mg} mg are more than the {most_mg} mg that are usual."
    notes = list(dict.fromkeys(stored["notes"] + incoming["notes"]))
    dose = {"drug": stored["drug"], "mg": mg, "notes": notes}
    return dose, f"{mg} mg stand, and the notes of both are kept."


def _amount(base, stored, incoming):
    """Of the side that changed it; the smaller one where both did."""
    before = None if base is None else base["mg"]
    if stored["mg"] == before:
        return incoming["mg"]
    return stored["mg"] if incoming["mg"] == before else min(stored["mg"], incoming["mg"])


def dose_in(record):
    """The dose in a record of a question; the payload is what devices sent."""
    return None if record is None or record.deleted else json.loads(record.payload)
