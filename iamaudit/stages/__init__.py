"""One function per stage of the night; the public API and the flows call these."""
