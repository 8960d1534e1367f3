"""The recogniser of phrases: Whisper `base`, which hears Spanish and English. Its weights come with the extra `ears`."""
