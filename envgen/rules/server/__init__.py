"""What the API server refuses of an object beyond its JSON Schema: one rule for each sort of mistake.

The checks are tables after the form of the objects (`workloads`, `podspec`, `network`, …).  None of them refuses what a
real API server takes: docs/fidelity.md says how that is known, and what is still missed.
"""
