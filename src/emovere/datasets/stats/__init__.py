"""Looking at a set: counts, pictures, sources, leaks between splits, and a page that shows them."""
