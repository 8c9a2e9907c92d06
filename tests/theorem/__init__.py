"""The theorem: what may reach production, held against pushes drawn by chance.

Programs of pushes (`draw`, `program`, `edits`) go through the real hook of a real repository (`server`); an oracle
that knows no envgen (`oracle`, `statement`) says what each accepted push did, and what the refused would have done.
"""
