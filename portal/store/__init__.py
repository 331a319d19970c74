"""Where things are kept: queries by noun. The web never comes here."""
