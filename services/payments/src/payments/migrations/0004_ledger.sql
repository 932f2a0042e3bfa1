-- The ledger: append-only double entry, whose sums the database itself guards.
-- depends: 0003_payments
-- migrate: apply

-- Only creates: locks nothing that is in use, safe while old code runs. Debits are positive, credits negative.

create table journal (
    firm_id uuid not null,
    journal_id uuid not null,
    kind text not null constraint journal_kind_check check (kind in ('invoice', 'charge', 'refund')),
    source_id uuid not null,
    sequence integer not null,
    invoice_id uuid not null,
    currency text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint journal_pkey primary key (firm_id, journal_id),
    -- What is recorded of a charge's attempt, a refund, or a revision of an invoice's balance is recorded once.
    constraint journal_source_key unique (firm_id, kind, source_id, sequence)
);

create index journal_invoice_idx on journal (firm_id, invoice_id);

create table entries (
    firm_id uuid not null,
    journal_id uuid not null,
    account text not null
    constraint entries_account_check check (account in ('receivable', 'billed', 'cash', 'client_credit')),
    currency text not null,
    amount_minor bigint not null constraint entries_amount_check check (amount_minor <> 0),
    constraint entries_pkey primary key (firm_id, journal_id, account),
    constraint entries_journal_fk foreign key (firm_id, journal_id) references journal (firm_id, journal_id)
);

create index entries_account_idx on entries (firm_id, currency, account) include (amount_minor);

create function journal_balances() returns trigger language plpgsql as $$
declare
    entry_count integer;
    is_balanced boolean;
begin
    select count(*), coalesce(bool_and(sums.sum_minor = 0), false) into entry_count, is_balanced
    from (
        select sum(amount_minor) over (partition by currency) as sum_minor
        from entries where firm_id = new.firm_id and journal_id = new.journal_id
    ) as sums;
    if entry_count < 2 or not is_balanced then
        raise exception 'journal transaction % does not balance', new.journal_id
            using errcode = 'check_violation', constraint = 'journal_balances_check';
    end if;
    return null;
end
$$;

create function entries_balance() returns trigger language plpgsql as $$
declare
    unbalanced_id uuid;
begin
    select entry.journal_id into unbalanced_id
    from (select distinct firm_id, journal_id from added) as touched
    join entries as entry on entry.firm_id = touched.firm_id and entry.journal_id = touched.journal_id
    group by entry.firm_id, entry.journal_id, entry.currency
    having sum(entry.amount_minor) <> 0
    limit 1;
    if found then
        raise exception 'journal transaction % does not balance', unbalanced_id
            using errcode = 'check_violation', constraint = 'entries_balance_check';
    end if;
    return null;
end
$$;

create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: correct it by another transaction'
        using errcode = 'integrity_constraint_violation', constraint = 'ledger_append_only_check';
end
$$;

-- Once per transaction of the journal, when all entries are there: at least two of them, that balance.
create constraint trigger journal_balances_check after insert on journal
deferrable initially deferred for each row execute function journal_balances();
-- Nothing unbalanced is added later either. Once per statement, which writes all entries of its transactions.
create trigger entries_balance_check after insert on entries
referencing new table as added for each statement execute function entries_balance();

create trigger journal_append_only_check before update or delete or truncate on journal
for each statement execute function ledger_is_append_only();
create trigger entries_append_only_check before update or delete or truncate on entries
for each statement execute function ledger_is_append_only();

-- migrate: rollback
