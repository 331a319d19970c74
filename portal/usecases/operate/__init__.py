"""What operators run: loading, letters, dormancy, purging, the demonstration."""
