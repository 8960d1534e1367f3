"""How right the timeline is over long files: films of minutes with known steps, drifts, cuts, dubbed and unseen parts."""
