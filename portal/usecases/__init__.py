"""What people come to do: a file per official procedure, one transaction per function."""
