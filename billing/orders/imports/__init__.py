"""Reading orders from files of other programs."""
