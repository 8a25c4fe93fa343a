"""The authority: protocol, accounts, replication, journal and recovery, the page for watchers, bots (docs/SERVER.md)."""
