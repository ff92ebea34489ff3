"""The treated patient over time: records, endpoints, statistics."""
