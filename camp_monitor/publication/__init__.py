"""What goes out to readers: the map, and the words and signs it shares with later figures."""
