"""tenure.store"""
