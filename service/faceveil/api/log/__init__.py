"""`/v1/log`: who erased, exported, audited and made keys, and whether that is as it was written."""
