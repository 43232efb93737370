"""The web kit: lists, forms, tables and small pieces of markup shared by every app."""
