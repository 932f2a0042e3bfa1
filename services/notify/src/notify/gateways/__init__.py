"""The outside: SMTP servers, and the libraries that turn a template into words."""
