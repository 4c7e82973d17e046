"""Seeds wanted -> observations: machine, plan, and where missing work runs."""
