"""Documents made in the background: asked for, made by the worker with progress, kept in object storage, fetched, expired."""
