"""What only real programs can show; `make e2e` runs it."""
