"""The laws that come with bayescale, one per file; the catalogue finds them here."""
