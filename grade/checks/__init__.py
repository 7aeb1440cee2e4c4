"""The checks, a file a lab."""
