"""Benchmarks: ratios against the named peer, measured in one run."""
