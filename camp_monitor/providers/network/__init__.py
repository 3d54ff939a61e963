"""How the network is asked: guarded addresses, bounded answers, files in pieces, signing.

`remote` is the door; nothing outside of this folder opens a connection.
"""
