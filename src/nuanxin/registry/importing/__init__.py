"""Rosters on their way in: staged by COPY, checked and committed set-based."""
