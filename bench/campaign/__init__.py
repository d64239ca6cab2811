"""The fault campaign: real processes, real faults, and the judge over what they left behind."""
