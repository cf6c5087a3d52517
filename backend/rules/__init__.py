"""Alert rules: written down as a form, tried on history, and watched by the worker once they are on."""
