"""The page and the API: FastAPI over the package's own functions."""
