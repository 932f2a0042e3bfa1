"""The demo: the story that `./handbill demo` plays on a real stack, and how it is told."""
