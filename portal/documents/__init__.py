"""Printable forms and PDFs: data in, bytes out."""
