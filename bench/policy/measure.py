def measure(h):
    pass
