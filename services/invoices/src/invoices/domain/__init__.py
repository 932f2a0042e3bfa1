"""The rules of firms, matters, contacts and invoices: frozen values and pure functions, standard library alone."""
