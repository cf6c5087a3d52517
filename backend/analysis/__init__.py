"""Where it went wrong: how what was found is distributed, and what the bad goods have in common that the good ones lack."""
