"""Where log objects are found, and how their bytes become Arrow tables."""
