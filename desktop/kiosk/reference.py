"""What a visitor is called by: short enough to be said at a desk, and no way back to the session's own id."""

import hashlib

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without letters and digits that are taken for each other."""

LENGTH = 6


def reference(session_id: str) -> str:
    """The reference of a session, such as `K7R-2WD`; the same every time, and rarely that of another."""
    digest = hashlib.sha256(f"reference {session_id}".encode()).digest()
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:LENGTH])
    return f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}"
