"""The watch over many facilities: who is told what is new, and that the watch goes on."""
