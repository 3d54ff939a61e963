"""Reports: sheets of events, summaries of facilities, bulletins; as HTML, Word and PDF."""
