"""What holds in the books at any time (I9, I11)."""

UNBALANCED = """
select journal_id from entries group by firm_id, journal_id, currency having sum(amount_minor) <> 0
"""
DISAGREEING = """
select balance.invoice_id, sums.*, balance.open_minor
from balances as balance
left join lateral (
    select coalesce(sum(amount_minor) filter (where account = 'receivable'), 0) as receivable,
           coalesce(sum(amount_minor) filter (where account = 'cash'), 0) as cash
    from entries join journal using (firm_id, journal_id)
    where journal.firm_id = balance.firm_id and journal.invoice_id = balance.invoice_id
) as sums on true
where sums.receivable <> balance.open_minor or sums.cash <> balance.settled_minor - balance.refunded_minor
"""
MISHELD = """
select balance.invoice_id
from balances as balance
left join charges as charge
    on charge.firm_id = balance.firm_id and charge.invoice_id = balance.invoice_id
group by balance.firm_id, balance.invoice_id
having coalesce(sum(charge.amount_minor) filter (where state in ('submitted', 'unknown')), 0) <> balance.held_minor
    or coalesce(sum(charge.amount_minor) filter (where state = 'succeeded'), 0) <> balance.settled_minor
    or coalesce(sum(charge.refunded_minor), 0) <> balance.refunded_minor
"""
