"""What every party must compute alike: records, signatures, chains, topics."""
