"""Pictures from search words, a list of addresses or a folder, each with its source, author and licence."""
