"""The command line: the app, its options, signals and exit codes."""
