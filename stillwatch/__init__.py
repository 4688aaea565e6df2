"""stillwatch: finds, proves and stops distillation campaigns against model APIs."""

__version__ = "0.1.0"
