"""Waiting for jobs: for one, for many, and the schedule of polls."""
