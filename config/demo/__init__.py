"""The demo: one walk through the engine, from an order to proven books, over HTTP."""
