"""`make bench`: the portal beside a bare page on this machine. README.md tells how to read the table."""
