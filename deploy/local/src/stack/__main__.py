"""`python -m stack`: what `./handbill` runs once everything is installed."""

from stack.cli import app

if __name__ == "__main__":
    app(prog_name="handbill")
