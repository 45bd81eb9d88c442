"""What a search answers beside its first page: receipts, exports, reports of many terms."""
