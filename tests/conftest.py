"""Shared by the rooms that need a district's month; `small_district` makes it."""

from hypothesis import settings

# A slow, shared machine is no failure of a property.
settings.register_profile("project", deadline=None, max_examples=60)
settings.load_profile("project")
