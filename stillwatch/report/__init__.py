"""What a scan found, for a reader: `result` reads the folder it left, `html`, `terminal` and `json` show it.

Everything here is a pure function of that folder: nothing is computed again and nothing is looked up elsewhere, so a
report made next year from the same files says the same.
"""
