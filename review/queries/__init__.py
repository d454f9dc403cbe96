"""What the desk's pages show, drawn from what is recorded: functions of data, which know nothing of HTTP."""
