"""What happens is told as lines of the log: one wide line each, found by story and trace."""
