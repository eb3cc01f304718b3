"""Kits that test plug-ins against the contracts of emovere; they raise AssertionError and need no test runner."""
