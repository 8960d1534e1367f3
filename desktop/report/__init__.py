"""A report to look at: the page, and the video with what was measured drawn in."""
