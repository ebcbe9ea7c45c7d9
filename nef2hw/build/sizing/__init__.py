"""What a core takes of a device and how fast it runs, known before any tool runs."""
