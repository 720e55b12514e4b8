"""The commands, a module for those that belong together; search/cli.py lists them."""
