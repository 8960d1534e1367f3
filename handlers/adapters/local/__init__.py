"""One machine: SQLite for jobs, keys and the ledger, a folder for uploads, threads for work."""
