"""tenure.stats"""
