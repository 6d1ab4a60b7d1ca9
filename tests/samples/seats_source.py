"""A small feature that tests of several rooms are about: seats that can be oversold."""

SOURCE = '''"""Seats in a workshop, held for a visitor until they pay."""


class SoldOut(Exception):
    """No seat is left."""


class Seats:
    def __init__(self, store):
        self.store = store          # async key/value store: get/put/delete
        self.left = 1

    async def hold(self, visitor):
        if self.left == 0:
            raise SoldOut(visitor)
        await self.store.put(visitor, "held")
        self.left -= 1

    async def cancel(self, visitor):
        state = await self.store.get(visitor)
        if state == "held":
            await self.store.delete(visitor)
            self.left += 1
'''
