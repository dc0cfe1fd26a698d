"""A page to look at one study in a browser, without a server."""
