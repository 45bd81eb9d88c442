"""Time stamps by authorities of others (RFC 3161): asked for, kept in one spelling, verified offline."""
