"""The native runner behind ``make lab``, and the configuration of the servers."""
