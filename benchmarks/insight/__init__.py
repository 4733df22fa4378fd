"""What the insight tables see, measured against the simulator's truth and against peers."""
