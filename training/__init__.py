"""Runs from YAML: heads first, then the encoder, then calibration."""
