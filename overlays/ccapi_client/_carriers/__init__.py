"""How a request travels: the carriers, and below httpcore the socket with its limits."""
