"""Every word for a state, a status, a verdict or a unit of counting, in Vietnamese and English: one table."""
