"""Bringing a trained network to a person's own faces and classes."""
