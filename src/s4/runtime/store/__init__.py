"""The store: facts, decisions, the audit log and the snapshots of stages, in SQL (SQLite or PostgreSQL)."""
