"""What the system tells of itself: log records and what its last runs came to. Never personal data."""
