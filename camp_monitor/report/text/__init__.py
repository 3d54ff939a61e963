"""Every sentence that a person reads in a record, a map, a figure or a report."""
