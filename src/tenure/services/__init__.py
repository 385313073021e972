"""tenure.services"""
