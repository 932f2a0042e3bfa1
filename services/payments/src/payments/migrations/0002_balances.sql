-- What each invoice owes: payments' own truth, and the row that every payment of the invoice will lock.
-- depends: 0001_replicas
-- migrate: apply

-- Only creates: locks nothing that is in use, safe while old code runs.

create table balances (
    firm_id uuid not null,
    invoice_id uuid not null,
    version integer not null,
    currency text not null,
    total_minor bigint not null constraint balances_total_check check (total_minor >= 0),
    open_minor bigint not null constraint balances_open_check check (open_minor >= 0),
    payable_minor bigint not null,
    revision integer not null,
    constraint balances_pkey primary key (firm_id, invoice_id),
    constraint balances_payable_check check (payable_minor between 0 and open_minor)
);

-- migrate: rollback
