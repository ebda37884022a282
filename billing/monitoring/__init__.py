"""What each process tells of itself: its figures, and that its main loop goes round."""
