"""People look at doubtful faces: the queue, their votes, how far they agree, and the patch that comes of it."""
