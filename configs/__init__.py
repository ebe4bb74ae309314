"""The shipped YAML: label sets and training runs."""
