"""Random well-typed expressions of the whole language, with an oracle of their own."""
