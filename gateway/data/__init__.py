"""Example items lists: published facts, to be imported, never in force by themselves."""
