"""Windows: one file a kind. A window takes rows in and says when it is triggered, and with which of them."""
