"""Real servers from Python wheels, started and stopped by a command: PostgreSQL, Valkey, an object store, and what watches over them.

Everything here blocks and may be called from any thread (from a coroutine: `asyncio.to_thread`). Linux only: it relies on /proc,
on parent-death signals and on user namespaces.
"""
