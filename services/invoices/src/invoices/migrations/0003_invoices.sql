-- Invoices with lines, comments and versions, and the counter that their numbers come from.
-- depends: 0002_matters
-- migrate: apply

-- Locks nothing that is in use: it only creates. Safe while old code runs.

create table invoices (
    firm_id uuid not null,
    invoice_id uuid not null,
    matter_id uuid not null,
    state text not null constraint invoices_state_check check (state in ('draft', 'final', 'void')),
    currency text not null,
    terms_due_on date,
    terms_due_in_days integer,
    notes text,
    subtotal_minor bigint not null,
    discount_minor bigint not null,
    tax_minor bigint not null,
    total_minor bigint not null,
    share_with uuid[] not null,
    sequence bigint,
    version integer,
    issued_on date,
    due_on date,
    revision integer not null constraint invoices_revision_check check (revision >= 1),
    created_at timestamptz not null default clock_timestamp(),
    constraint invoices_pkey primary key (firm_id, invoice_id),
    constraint invoices_invoice_key unique (invoice_id),
    constraint invoices_sequence_key unique (firm_id, sequence),
    constraint invoices_matter_fk foreign key (firm_id, matter_id) references matters (firm_id, matter_id),
    constraint invoices_due_check check (terms_due_on is null or terms_due_in_days is null),
    constraint invoices_total_check check (total_minor = subtotal_minor - discount_minor + tax_minor),
    constraint invoices_amount_check
        check (least(subtotal_minor, discount_minor, tax_minor, total_minor) >= 0 and discount_minor <= subtotal_minor),
    constraint invoices_issue_check check (num_nonnulls(sequence, version, issued_on, due_on) in (0, 4)),
    constraint invoices_final_check check (state <> 'final' or sequence is not null),
    constraint invoices_draft_check check (state <> 'draft' or sequence is null)
);

create index invoices_newest_idx on invoices (firm_id, created_at desc, invoice_id desc);
create index invoices_matter_idx on invoices (firm_id, matter_id);

create table invoice_lines (
    firm_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    kind text not null constraint invoice_lines_kind_check check (kind in ('time', 'expense', 'flat_fee', 'part')),
    description text not null,
    quantity numeric(11, 4) not null constraint invoice_lines_quantity_check check (quantity > 0),
    unit_price_minor bigint not null constraint invoice_lines_unit_price_check check (unit_price_minor >= 0),
    tax_rate_percent numeric(7, 4) not null constraint invoice_lines_tax_rate_check check (tax_rate_percent >= 0),
    constraint invoice_lines_pkey primary key (firm_id, invoice_id, position),
    constraint invoice_lines_invoice_fk foreign key (firm_id, invoice_id) references invoices (firm_id, invoice_id)
);

create table invoice_comments (
    firm_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    text text not null,
    is_client_visible boolean not null,
    constraint invoice_comments_pkey primary key (firm_id, invoice_id, position),
    constraint invoice_comments_invoice_fk foreign key (firm_id, invoice_id) references invoices (firm_id, invoice_id)
);

-- Written once: no statement of this service updates or deletes a version.
create table invoice_versions (
    firm_id uuid not null,
    invoice_id uuid not null,
    version integer not null constraint invoice_versions_version_check check (version >= 1),
    document jsonb not null,
    created_at timestamptz not null,
    constraint invoice_versions_pkey primary key (firm_id, invoice_id, version),
    constraint invoice_versions_invoice_fk foreign key (firm_id, invoice_id) references invoices (firm_id, invoice_id)
);

-- The last number given, per firm. A row and not a sequence: a number taken by a transaction that fails is given back.
create table invoice_numbers (
    firm_id uuid not null,
    last_sequence bigint not null,
    constraint invoice_numbers_pkey primary key (firm_id),
    constraint invoice_numbers_firm_fk foreign key (firm_id) references firms (firm_id)
);

-- migrate: rollback
