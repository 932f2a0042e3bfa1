-- What each invoice owes and what was paid for it, as payments says last.
-- depends: 0003_pdfs_and_changes
-- migrate: apply

-- Facts come in any order, so nothing here refers to anything else.
-- Only creates: locks nothing that is in use, safe while old code runs.

-- The version is the one that what is open was judged by; what was paid is less what went back.
create table balances (
    firm_id uuid not null,
    invoice_id uuid not null,
    version integer not null,
    open_minor bigint not null,
    paid_minor bigint not null,
    revision integer not null,
    constraint balances_pkey primary key (firm_id, invoice_id)
);

-- migrate: rollback
