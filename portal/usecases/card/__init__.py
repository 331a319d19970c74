"""憑證卡片: what cards prove, open and are bound to."""
