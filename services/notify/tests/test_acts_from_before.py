"""A database from before acts were kept: those who were told of a share then are told of its edits now."""

from importlib.resources import files
from typing import Any

import pytest

Mailroom = Any


async def migrate_acts(room: Mailroom) -> None:
    """Run what the migration applies, as it stands."""
    written = (files("notify") / "migrations" / "0005_acts_from_before.sql").read_text(encoding="utf-8")
    applied = written.partition("-- migrate: apply")[2].partition("-- migrate: rollback")[0]
    async with room.database.transaction() as tx:
        await tx.execute(applied)


@pytest.mark.proves("I4")
async def test_who_was_told_before_acts_were_kept_is_told_of_edits(room: Mailroom) -> None:
    act = room.act()
    hidden = room.act("bob@example.test")
    ended = room.act("eve@example.test")
    await room.plan(act, hidden, ended)
    await room.send_due()
    await room.follow(hidden, "suspended")
    await room.follow(ended, "revoked")
    before = await room.rows(
        "select * from share_acts join shares using (firm_id, share_id) where state <> 'revoked' order by share_id"
    )
    await room.write("delete from share_acts")

    await migrate_acts(room)

    after = await room.rows("select * from share_acts join shares using (firm_id, share_id) order by share_id")
    told_at = {"shared_at": None}
    assert [row | told_at for row in after] == [row | told_at for row in before]
    await room.edit(*(room.change_of(each, 2, 100) for each in (act, hidden, ended)))
    await room.close()
    assert [notice["recipient_email"] for notice in await room.notices()] == ["ada@example.test"]
    await room.follow(hidden, "active")
    await room.close()
    assert len(await room.notices()) == 2


@pytest.mark.proves("I4")
async def test_acts_that_are_kept_already_stay_as_they_are(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    await room.write("update share_acts set comments = 'none', version = 7")
    await migrate_acts(room)
    assert await room.rows("select comments, version from share_acts") == [{"comments": "none", "version": 7}]
