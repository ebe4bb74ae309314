"""Scores on arrays and label sets, baselines and reports; knows nothing of the trainer."""
