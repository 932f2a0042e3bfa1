"""Every e-mail and text message of Handbill: planned, rendered, delivered, kept."""
