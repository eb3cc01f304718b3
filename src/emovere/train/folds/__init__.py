"""Networks that each leave a part of a set out, so that every face is told by one that never saw it."""
