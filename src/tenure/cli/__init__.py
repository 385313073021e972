"""tenure.cli"""
