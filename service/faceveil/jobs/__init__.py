"""Work that outlives a request: audits and the retention sweep, made durable by DBOS."""
