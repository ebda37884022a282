"""
The API's foundation, and what it says of the seller itself.

Every endpoint of every stage is an `scoped.Endpoint`: it knows its seller, reads rows of that
seller only, carries a writing request out once, and answers refusals as problems (RFC 9457).
"""
