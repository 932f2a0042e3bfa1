-- What sharing keeps of aggregates that invoices owns.
-- depends:
-- migrate: apply

-- No foreign keys: facts may arrive in any order.
-- Only creates: locks nothing that is in use, safe while old code runs.

create table firms (
    firm_id uuid not null,
    channels text[] not null,
    revision integer not null,
    constraint firms_pkey primary key (firm_id)
);

create table matters (
    firm_id uuid not null,
    matter_id uuid not null,
    name text not null,
    portal_enabled boolean not null,
    portal_kinds text[] not null,
    revision integer not null,
    constraint matters_pkey primary key (firm_id, matter_id)
);

-- is_typed_in: put on the matter here while sharing, and not yet seen in what invoices says of the matter.
create table matter_contacts (
    firm_id uuid not null,
    matter_id uuid not null,
    contact_id uuid not null,
    roles text[] not null,
    is_typed_in boolean not null,
    constraint matter_contacts_pkey primary key (firm_id, matter_id, contact_id)
);

-- revision 0: typed in here while sharing, and not yet heard of from invoices.
create table contacts (
    firm_id uuid not null,
    contact_id uuid not null,
    name text not null,
    kind text not null constraint contacts_kind_check check (kind in ('person', 'company')),
    email text,
    phone text,
    locale text not null,
    revision integer not null,
    constraint contacts_pkey primary key (firm_id, contact_id)
);

create table invoices (
    firm_id uuid not null,
    invoice_id uuid not null,
    matter_id uuid not null,
    status text not null
        constraint invoices_status_check check (status in ('draft', 'final', 'partly_paid', 'paid', 'void')),
    currency text not null,
    total_minor bigint not null,
    number text,
    version integer,
    due_on date,
    revision integer not null,
    constraint invoices_pkey primary key (firm_id, invoice_id),
    constraint invoices_issue_check check (num_nulls(number, version, due_on) in (0, 3)),
    constraint invoices_draft_check check (status = 'void' or (status = 'draft') = (number is null))
);

-- migrate: rollback
drop table invoices;
drop table contacts;
drop table matter_contacts;
drop table matters;
drop table firms;
