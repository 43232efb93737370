"""Finding rows that may be one person: by rules in PostgreSQL, and by likelihood over whole tables."""
