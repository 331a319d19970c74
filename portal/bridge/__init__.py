"""The optional card-reader program on the visitor's own PC; it speaks the protocol of the official component.

Started with `python -m portal.bridge`. It imports nothing else of the portal and no web framework: pages talk to it
through a popup at http://localhost:61161, see docs/bridge.md. Numbers in docstrings ("1.4") are the sections of the
protocol's description there.
"""
