"""What the compiler makes: a core to synthesize and an image to load."""
