"""A proposal is proven before it leaves: replay, comparison, certificate."""
