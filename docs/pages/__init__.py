"""The pages of the site that are made from code: pure functions to Markdown, no MkDocs here."""
