"""Looking a set of faces over: what is there twice, what is no good picture of a face, whose label is doubtful."""
