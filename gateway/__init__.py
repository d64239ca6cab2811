"""The township's side: people ask, machines report, auditors judge; one ledger for all of it."""
