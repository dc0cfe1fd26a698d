"""What runs a network: torch, or another program for the part that every slice needs."""
