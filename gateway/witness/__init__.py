"""The county's and the committee's side: who cosigns a township's log, and remembers it."""
