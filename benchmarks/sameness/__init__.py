"""Whether the tests of sameness mean what they say, and what they can see: `python -m benchmarks.sameness`."""
