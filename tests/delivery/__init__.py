"""What is sent to customers and apps, over real servers on loopback."""
