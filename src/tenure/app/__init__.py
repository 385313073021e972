"""tenure.app"""
