"""The broker: batches, redelivery, limits; against a real SQS-compatible server."""
