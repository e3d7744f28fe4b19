"""Everything that a rule can call, one file a family; `registry.FUNCTIONS` holds them by name."""
