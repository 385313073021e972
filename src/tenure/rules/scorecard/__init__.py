"""Health scoring in plain Python: the catalogue of measures, documents, the evaluator, sentences and bands."""
