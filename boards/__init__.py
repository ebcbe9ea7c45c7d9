"""The boards that nef2hw builds for: data, and a way to find it by name."""
