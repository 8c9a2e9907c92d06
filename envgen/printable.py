"""Text that cannot drive a terminal or a log."""


def printable(text: str) -> str:
    """Without control characters, which a file's name or content may hold."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
