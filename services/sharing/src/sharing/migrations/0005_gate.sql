-- Everyone whom the gate let pass.
-- depends: 0004_channels
-- migrate: apply

-- Only creates: safe while old code runs.

-- passed_at: read while the share was locked, so never after its end.
create table gate_passages (
    firm_id uuid not null,
    passage_id uuid not null,
    purpose text not null constraint gate_passages_purpose_check check (purpose in ('delivery', 'payment')),
    share_id uuid not null,
    generation integer not null,
    passed_at timestamptz not null default clock_timestamp(),
    constraint gate_passages_pkey primary key (firm_id, passage_id),
    constraint gate_passages_share_fk foreign key (firm_id, share_id) references shares (firm_id, share_id)
);

create index gate_passages_share_idx on gate_passages (firm_id, share_id, generation);

-- migrate: rollback
drop table gate_passages;
