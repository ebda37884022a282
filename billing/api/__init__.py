"""
The API's foundation, and what it says of the seller itself.

Every endpoint of every stage is an `scoped.Endpoint`: it knows its seller, reads rows of that
seller only, carries a writing request out once, and answers refusals as problems (RFC 9457).

Each room knows the ones before it: `inputs` (what a request says), `callers` (who asks), `answers`
(what is given back), `description` (what OpenAPI tells of it all), then `scoped`, and upon it
`lists`.
"""
