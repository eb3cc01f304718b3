"""Sets in other people's layouts, and back: import, export, splits, the card with its register of licences."""
