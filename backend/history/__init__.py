"""The product history page that anybody may see who scans the code."""
