"""Whether the logs are what CloudTrail wrote: the digest chain, its signatures and its holes (domain.md §1.8)."""
