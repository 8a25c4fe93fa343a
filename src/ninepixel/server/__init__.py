"""The authority: protocol, replication, persistence, compute nodes."""
