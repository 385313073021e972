"""tenure.warehouse"""
