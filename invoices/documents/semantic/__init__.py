"""
The semantic model of EN 16931: what an electronic invoice says, whatever its syntax.

Names are the standard's, docstrings give its numbers: BT for a business term, BG for a group. Texts
that are empty and values that are None are not said. Amounts have at most two decimals in every
currency; prices and quantities have as many as they need.
"""
