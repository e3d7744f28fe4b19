"""The history of observations: Parquet files by hour, each named by the part of the stream it holds."""
