"""One file per command of `./handbill`; `stack.cli` only names them."""
