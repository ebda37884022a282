"""The OpenAPI description, made from the code, and the pages to read it on."""
