"""A client library for accessing CCAPI"""
