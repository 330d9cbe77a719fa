"""Benchmarks are not part of the timed tests; see README.md beside this file for how to run them."""


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: minutes, and gigabytes")
