"""The agent in the machine: obeys permits and records what it did."""
