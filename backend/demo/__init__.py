"""`make demo`: everything on one machine and one port, with a month of a food maker's production to look at."""
