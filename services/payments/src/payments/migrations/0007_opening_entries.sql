-- What was owed before there was a ledger is opened in it, and contacts without an address are asked for again.
-- depends: 0005_asked_payments
-- migrate: apply

-- Why: a balance that is older than the ledger has no entries, so its first charge would stand alone in the books. Each
-- is opened with what its entries are short of, as what is recorded of its present revision. What has that already is
-- left alone. Only adds: to the books what nobody has written, so that old code and readers go on as they are.
-- Locks balances against writers, so that none changes while its entries are written.
lock table balances in share row exclusive mode;

create temporary table opening on commit drop as
with standing as (
    select firm_id, invoice_id, currency, revision, amounts.account, amounts.amount_minor
    from balances
    cross join lateral (
        values ('receivable', open_minor),
        ('billed', case when is_void then 0 else -greatest(0, total_minor - credited_minor) end),
        ('cash', settled_minor - refunded_minor),
        (
            'client_credit',
            -greatest(
                0,
                settled_minor - refunded_minor
                - case when is_void then 0 else greatest(0, total_minor - credited_minor) end
            )
        )
    ) as amounts (account, amount_minor)
),
booked as (
    select journal.firm_id, journal.invoice_id, entries.account, sum(entries.amount_minor)::bigint as amount_minor
    from journal inner join entries using (firm_id, journal_id)
    group by journal.firm_id, journal.invoice_id, entries.account
)
select
    firm_id, invoice_id, currency, revision, account,
    standing.amount_minor - coalesce(booked.amount_minor, 0) as amount_minor
from standing left join booked using (firm_id, invoice_id, account)
where standing.amount_minor <> coalesce(booked.amount_minor, 0)
and not exists (
    select from journal
    where journal.firm_id = standing.firm_id and journal.kind = 'invoice'
    and journal.source_id = standing.invoice_id and journal.sequence = standing.revision
);

insert into journal (firm_id, journal_id, kind, source_id, sequence, invoice_id, currency)
select firm_id, uuidv7(), 'invoice', invoice_id, revision, invoice_id, currency
from (select distinct firm_id, invoice_id, revision, currency from opening) as opened;

insert into entries (firm_id, journal_id, account, currency, amount_minor)
select opening.firm_id, journal.journal_id, opening.account, opening.currency, opening.amount_minor
from opening
inner join journal
    on journal.firm_id = opening.firm_id and journal.kind = 'invoice'
    and journal.source_id = opening.invoice_id and journal.sequence = opening.revision;

-- Contacts that were kept before there was a column for their address say null for ever, since the same state told
-- again has no higher revision. As of no revision, whatever is told of them next counts.
update contacts set revision = 0 where email is null;

-- migrate: rollback
