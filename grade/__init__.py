"""The proc0 harness: it cuts the labs, builds a student's view, boots it, and judges it."""
