"""Results as files that other programs open: tables, markers of editing programs, subtitles."""
