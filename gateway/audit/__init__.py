"""Audit: judging what was written down. Is it right, and what follows?"""
