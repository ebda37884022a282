"""What a request may say: forms, their fields, and how JSON is read."""
