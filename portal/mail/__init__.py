"""Letters: what they are, where their links lead, how they read, and their way out by SMTP."""
