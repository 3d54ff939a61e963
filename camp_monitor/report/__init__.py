"""What people read: text, tables and exports, maps, figures."""
