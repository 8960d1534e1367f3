"""Many files at once: which ones, scored by several processes, remembered, and written as a table."""
