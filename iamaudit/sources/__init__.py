"""Where log objects are found: folders, buckets, queues, the event history; and how their bytes are had."""
