"""What templates of all stages can do."""
