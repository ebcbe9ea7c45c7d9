"""The computer's end of the link to a board, real or simulated."""
