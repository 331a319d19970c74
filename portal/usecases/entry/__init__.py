"""登入: passwords, sessions and the way back in."""
