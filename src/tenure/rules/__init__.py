"""tenure.rules"""
