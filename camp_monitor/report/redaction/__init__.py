"""What an audience may see: made from the records before anything is drawn or written."""
