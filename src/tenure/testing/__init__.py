"""tenure.testing"""
