"""The service's commands, one module each with `add_arguments` and `run`; `backend.cli` imports only the one that is called."""
