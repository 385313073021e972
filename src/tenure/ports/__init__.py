"""tenure.ports"""
