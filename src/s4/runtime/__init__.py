"""What carries and keeps facts: the runner, the bus (NATS JetStream), the store (SQL), the history (Parquet).

The runner alone subscribes, publishes, stores, snapshots and retries; the rooms' stages only compute.
"""
