-- The transactions of each invoice become a chain of digests, whose head its balance keeps.
-- depends: 0008_unread_indexes
-- migrate: apply

-- Why: the ledger's triggers refuse changes to whoever leaves them on; what is changed all the same is to be found. A
-- digest is of the one before it, or 32 zero bytes, and of all that a transaction says, as payments.domain.ledger_chain
-- writes it. What is there already is taken in here, oldest first, and not left out: else the oldest books would be the
-- ones that nobody can verify. This adds to rows of the ledger and changes nothing that they say; while their trigger is
-- off nobody else can reach them.
--
-- Locks both tables against everybody for about 50 microseconds a transaction that is there (measured on two busy cores:
-- 5 seconds for 100,000), in the order that writers take, so that none deadlocks. Old code goes on working. What it
-- writes is `unchained` in every verification, until the migration that makes the columns `not null`, once no old code
-- is left, adds it to the ends of the chains.
lock table balances, journal in access exclusive mode;

alter table journal add column position integer;
alter table journal add column chain_sha256 bytea;
alter table balances add column ledger_position integer not null default 0;
alter table balances add column ledger_sha256 bytea not null
default '\x0000000000000000000000000000000000000000000000000000000000000000';

create function pg_temp.ledger_chain_step(head bytea, said text) returns bytea language sql immutable
return sha256(head || convert_to(said, 'UTF8'));
create aggregate pg_temp.ledger_chain(text) (
    sfunc = pg_temp.ledger_chain_step,
    stype = bytea,
    initcond = '\x0000000000000000000000000000000000000000000000000000000000000000'
);

alter table journal disable trigger journal_append_only_check;
with numbered as (
    select *, row_number() over (partition by firm_id, invoice_id order by recorded_at, journal_id) as place
    from journal
), said as (
    select numbered.*, json_build_array(
        place, firm_id, invoice_id, journal_id, kind, source_id, sequence, currency,
        (extract(epoch from recorded_at) * 1000000)::bigint,
        (
            select ('[' || string_agg(
                json_build_array(account, entries.currency, amount_minor)::text, ', ' order by account collate "C"
            ) || ']')::json
            from entries where (entries.firm_id, entries.journal_id) = (numbered.firm_id, numbered.journal_id)
        )
    )::text as words
    from numbered
), chained as (
    select firm_id, journal_id, place,
        pg_temp.ledger_chain(words) over (partition by firm_id, invoice_id order by place) as head_sha256
    from said
)
update journal set position = chained.place, chain_sha256 = chained.head_sha256
from chained
where (journal.firm_id, journal.journal_id) = (chained.firm_id, chained.journal_id);
alter table journal enable trigger journal_append_only_check;

update balances set ledger_position = newest.position, ledger_sha256 = newest.chain_sha256
from (
    select distinct on (firm_id, invoice_id) firm_id, invoice_id, position, chain_sha256
    from journal order by firm_id, invoice_id, position desc
) as newest
where (balances.firm_id, balances.invoice_id) = (newest.firm_id, newest.invoice_id);

alter table journal add constraint journal_chain_check check (
    (position is null) = (chain_sha256 is null) and position > 0 and octet_length(chain_sha256) = 32
) not valid;
alter table balances add constraint balances_ledger_check check (
    ledger_position >= 0 and octet_length(ledger_sha256) = 32
) not valid;
-- No two stand at one place. An invoice's transactions are looked up by it too, so it takes the place of the old index.
-- The table is locked already, so that building them beside its use is neither possible nor of use.
-- squawk-ignore require-concurrent-index-creation
create unique index journal_position_key on journal (firm_id, invoice_id, position);
-- squawk-ignore require-concurrent-index-deletion
drop index journal_invoice_idx;

-- migrate: rollback
create index journal_invoice_idx on journal (firm_id, invoice_id);
alter table journal drop column position, drop column chain_sha256;
alter table balances drop column ledger_position, drop column ledger_sha256;
