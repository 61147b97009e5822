"""Trainers that people use, one module each. Each imports its trainer."""
