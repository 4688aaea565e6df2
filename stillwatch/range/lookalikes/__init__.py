"""Populations that look like a campaign and are none, one function each; `scenarios.py` lists them."""
