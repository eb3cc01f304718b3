"""The page on which people look at the doubtful faces of a set."""
