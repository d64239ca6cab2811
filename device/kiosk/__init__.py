"""The clerk's touch screen: a local page on loopback, Chinese first, one question a page."""
