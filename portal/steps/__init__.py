"""The guided steps: lesson content as data, and the pages that show it."""
