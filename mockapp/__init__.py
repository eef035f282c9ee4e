"""The mock service: small enough to be read as the example of the lesson."""
