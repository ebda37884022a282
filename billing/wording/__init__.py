"""Why a charge is what it is, in a paragraph that its customer can read."""
