"""tenure.providers"""
