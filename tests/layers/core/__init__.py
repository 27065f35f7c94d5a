"""Layers on ids and on several axes."""
