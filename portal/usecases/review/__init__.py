"""審核: what lies before whom, what they decide, and what follows."""
