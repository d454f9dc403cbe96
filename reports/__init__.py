"""What a person reads of a release: the official summary forms and the provincial report."""
