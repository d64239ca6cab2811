"""The judge: says from outside, for each invariant, whether it held in one machine's life."""
