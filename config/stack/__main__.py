"""`python -m config.stack run | exec | status`."""

from config.stack.commands import main

if __name__ == "__main__":
    main()
