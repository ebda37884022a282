"""The API before what its description allows, and before what it doesn't: made by schemathesis."""
