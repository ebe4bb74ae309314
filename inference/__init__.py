"""From a text to labels: quotes and speakers, windows, the encoder's pass, the predictor."""
