"""The calls for asyncio: made from the sync ones, in threads of their own, and safe to cancel."""
