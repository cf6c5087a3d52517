"""How the service is packed and run in containers, and the one step that needs the database's administrator."""
