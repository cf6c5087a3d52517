"""One module for each way to send: how a message is written, signed and addressed there, and what the answers mean."""
