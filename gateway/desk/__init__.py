"""Before the stamp: people ask, others approve, a permit says exactly what is allowed."""
