"""Minutes of mixed traffic with faults by every carrier, and thousands of jobs. `nox -s soak` runs it."""
