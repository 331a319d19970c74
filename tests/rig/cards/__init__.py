"""Cards for tests: a virtual PIV card behind a real pcscd, SoftHSM, demonstration folders, the official double."""
