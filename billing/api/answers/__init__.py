"""What is answered: outputs, their versions, pages, whole lists as files."""
