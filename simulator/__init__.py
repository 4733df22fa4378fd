"""The operational systems of a passport authority, simulated: for demonstration and tests."""
