-- E-mailed PDFs, notices of changes with their quiet window, and mails about payments.
-- depends: 0002_deliveries
-- migrate: apply

-- Columns are added without a scan and ignored by old code; the rest only creates, but for one index that is made anew:
-- writes to deliveries wait for a moment.

alter table firms add column online_payments boolean not null default true;
-- How long the firm wants to have been quiet; null: as long as our own setting says.
alter table firms add column quiet_window_seconds integer;
-- The comment choice of the PDF that goes with the item; null: none goes with it.
alter table delivery_items add column pdf_comments text
constraint delivery_items_pdf_comments_check check (pdf_comments in ('all', 'none'));
-- Whether its contact finds the invoice on their payment page.
alter table delivery_items add column on_payment_page boolean not null default true;
-- What a message tells besides its items, in the form of its template.
alter table deliveries add column news jsonb;
-- Whether it has items: then shares and the gate have a say in it. Rows from before all have.
alter table deliveries add column covers_shares boolean not null default true;
-- The event that called for it, where the occasion is made of more than that.
alter table deliveries add column caused_by uuid;
-- What each look for work reads: never more than is due. What waits for a PDF is due at infinity.
-- squawk-ignore require-concurrent-index-creation
create index deliveries_look_idx on deliveries (covers_shares, next_at) where next_at is not null;
-- squawk-ignore require-concurrent-index-deletion
drop index deliveries_due_idx;
-- What the content tells of. Rows from before have null: all of the delivery's items.
alter table contents add column share_ids uuid [];
alter table contents add column attachments jsonb not null default '[]';

create table pdfs (
    firm_id uuid not null,
    invoice_id uuid not null,
    version integer not null,
    comments text not null
    constraint pdfs_comments_check check (comments in ('all', 'none')),
    sha256 text not null,
    size_bytes bigint not null,
    file_name text not null,
    constraint pdfs_pkey primary key (firm_id, invoice_id, version, comments)
);

-- PDFs that invoices has given up.
create table failed_pdfs (
    firm_id uuid not null,
    invoice_id uuid not null,
    version integer not null,
    comments text not null
    constraint failed_pdfs_comments_check check (comments in ('all', 'none')),
    reason text not null,
    constraint failed_pdfs_pkey primary key (firm_id, invoice_id, version, comments)
);

-- Items in force whose PDF has not been made yet: their delivery waits for it.
create view items_awaiting_pdf as
select item.firm_id, item.delivery_id, item.invoice_id, item.version, item.pdf_comments
from delivery_items as item
join items_in_force as in_force
    on item.firm_id = in_force.firm_id
    and item.delivery_id = in_force.delivery_id
    and item.position = in_force.position
where item.pdf_comments is not null and not exists (
    select from pdfs as pdf
    where pdf.firm_id = item.firm_id and pdf.invoice_id = item.invoice_id
        and pdf.version = item.version and pdf.comments = item.pdf_comments
);

-- The newest act of each share: what its contact was told, and how they are addressed.
create table share_acts (
    firm_id uuid not null,
    share_id uuid not null,
    generation integer not null,
    invoice_id uuid not null,
    contact_id uuid not null,
    channel text not null
    constraint share_acts_channel_check check (channel in ('portal', 'email', 'link', 'text')),
    version integer not null,
    matter_name text not null,
    comments text not null
    constraint share_acts_comments_check check (comments in ('all', 'none')),
    on_payment_page boolean not null,
    invoice_revision integer,
    name text not null,
    email text,
    locale text not null,
    shared_at timestamptz not null,
    constraint share_acts_pkey primary key (firm_id, share_id)
);

create index share_acts_invoice_idx on share_acts (firm_id, invoice_id);

create table invoice_changes (
    firm_id uuid not null,
    invoice_id uuid not null,
    event_id uuid not null,
    kind text not null
    constraint invoice_changes_kind_check check (kind in ('revised', 'voided', 'credited')),
    number text not null,
    version integer not null,
    currency text not null,
    old_total_minor bigint not null,
    new_total_minor bigint not null,
    credited_minor bigint not null,
    due_on date not null,
    reason text not null,
    revision integer not null,
    changed text [] not null,
    actor text not null,
    correlation_id uuid not null,
    traceparent text,
    constraint invoice_changes_pkey primary key (firm_id, invoice_id, event_id)
);

-- Changes that wait for the firm to be quiet: at most one window per invoice.
create table change_windows (
    firm_id uuid not null,
    invoice_id uuid not null,
    opened_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default clock_timestamp(),
    constraint change_windows_pkey primary key (firm_id, invoice_id)
);

-- Which change was told by which share and delivery; what is in here is not told again.
create table told_changes (
    firm_id uuid not null,
    share_id uuid not null,
    generation integer not null,
    event_id uuid not null,
    delivery_id uuid not null,
    constraint told_changes_pkey primary key (firm_id, share_id, generation, event_id)
);

create index told_changes_delivery_idx on told_changes (firm_id, delivery_id);

-- Invoices that a delivery tells of without a share of theirs, by a payment or a refund.
create table news_invoices (
    firm_id uuid not null,
    invoice_id uuid not null,
    delivery_id uuid not null,
    constraint news_invoices_pkey primary key (firm_id, invoice_id, delivery_id),
    constraint news_invoices_delivery_fk foreign key (firm_id, delivery_id) references deliveries
);

-- Every invoice that a delivery tells of, by a share or without one.
create view told_invoices as
select firm_id, invoice_id, delivery_id from delivery_items
union all
select firm_id, invoice_id, delivery_id from news_invoices;

-- migrate: rollback
