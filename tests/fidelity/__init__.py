"""How far `envgen validate` agrees with a real API server, asked about mutants of our own rendered objects.

`make fidelity` asks and rewrites docs/fidelity.md.
"""
