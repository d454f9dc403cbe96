"""Who may do what on the desk: users, sign-in, sessions, and the guards of every request."""
