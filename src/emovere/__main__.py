"""``python -m emovere``."""

from emovere.cli.main import main

if __name__ == "__main__":
    main()
