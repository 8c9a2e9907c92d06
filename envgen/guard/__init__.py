"""The guard: a change and an actor → accept or refuse, with reasons.

`decide` is pure; `change` reads what it needs from git's objects and the real kustomize.
"""
