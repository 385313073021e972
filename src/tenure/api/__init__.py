"""tenure.api"""
