"""Everything that stands in for the world: plant, controllers, camera, reader, and their faults.

Nothing imports this package; the device reaches its drivers only by name from the
configuration. Whatever a simulated machine shows or signs says that it is simulated.
"""
