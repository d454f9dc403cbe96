"""The plan 19/KH-UBND as data, and the functions that look things up by period. Imports no other room."""
