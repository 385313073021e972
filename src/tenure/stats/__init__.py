"""Pure maths: aggregates in, frozen results out; "no answer" is a named reason, never NaN."""
