"""Reading face crops with their labels, splits and votes, and finding those that are there twice."""
