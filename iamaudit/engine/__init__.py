"""The SQL models and who runs them; the only package that knows DuckDB."""
