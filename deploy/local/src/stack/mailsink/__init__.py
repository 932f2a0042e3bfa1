"""The mail sink: takes every mail over SMTP, keeps it as a file, and shows it over HTTP.

The HTTP side answers like version 1 of Mailpit's, so that the same tests run against either.
Two rules let tests see refusals, by the local part of a recipient's address:

- `reject-550…` is refused for good with 550;
- `defer-451…` is put off with 451 for the first two attempts of one Message-ID, then taken.
"""
