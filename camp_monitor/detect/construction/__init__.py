"""New buildings and building sites, by structure, colours or backscatter."""
