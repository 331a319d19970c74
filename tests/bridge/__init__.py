"""The bridge, and whoever speaks its protocol."""
