"""Inspections: what was looked at and measured on goods, judged by the specification in force, and what follows at once where it fails."""
