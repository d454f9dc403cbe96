"""What happened to every submission, as appended events, and the states that follow. Imports no other room."""
