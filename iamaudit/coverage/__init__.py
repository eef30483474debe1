"""What the lake can speak for: trails and their selectors, as categories of events that are logged or not."""
