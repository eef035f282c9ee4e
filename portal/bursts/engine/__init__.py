"""The burst engine: a process of its own that sends the load and tells how it goes.

``python -m portal.bursts.engine`` reads a ``Spec`` line on stdin and writes ``Message`` lines on
stdout (``portal.bursts.messages``). One thread, non-blocking sockets: see ``loop``.
"""
