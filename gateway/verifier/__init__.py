"""The page with which a villager checks one entry in the browser, without trust in any server."""
