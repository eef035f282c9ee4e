"""What every page is made of: database, htmx, security, error pages, words and charts."""
