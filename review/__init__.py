"""The validator's desk: web pages on loopback over the ledger, and who may see and do what there."""
