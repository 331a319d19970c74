"""How someone shows who they are: one module per proof. They receive and return data and keep nothing."""
