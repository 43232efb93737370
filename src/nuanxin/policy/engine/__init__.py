"""The pure part of policy: reads packs, checks them, and runs them for one subject or for all. No tables."""
