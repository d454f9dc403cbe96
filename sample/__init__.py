"""The sample year: synthetic registers whose totals are the plan's, for demonstration and tests."""
