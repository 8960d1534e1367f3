"""Cleans data sets: keeps, shifts or drops each clip, on one machine or many."""
