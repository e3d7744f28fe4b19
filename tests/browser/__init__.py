"""A package, so that the browser (which keeps an event loop running) is closed when its last test is over."""
