"""tenure.model"""
