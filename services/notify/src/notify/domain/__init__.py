"""What a message is, who gets it, and what becomes of it: pure, standard library only."""
