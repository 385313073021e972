"""tenure.parameters"""
