"""Measuring how well, and how honestly, a network tells expressions."""
