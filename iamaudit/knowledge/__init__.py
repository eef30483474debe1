"""Facts about AWS: data files with sources, and thin loaders."""
