"""What fills a sandbox: a simulated factory's month, captured part by part in the background."""
