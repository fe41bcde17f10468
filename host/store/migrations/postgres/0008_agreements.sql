create table agreements (
    id text primary key not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    number text collate "C" not null,
    end_customer text,
    sku text collate "C" not null,
    price_micros bigint not null check (price_micros >= 0),
    reference_price_micros bigint,
    unit text not null,
    start_day integer not null,
    end_day integer not null,
    authorised_micros bigint not null check (authorised_micros > 0),
    created_at timestamptz not null,
    unique (program, number),
    check (start_day <= end_day)
);

create index agreements_account on agreements (account, program, sku);

-- What decisions used up, and what was given back: below zero.
create table agreement_uses (
    agreement text not null references agreements (id),
    claim text not null,
    revision bigint not null,
    line bigint not null,
    quantity_micros bigint not null,
    primary key (agreement, claim, revision, line),
    foreign key (claim, revision) references claim_history (claim, revision)
);

create index agreement_uses_claim on agreement_uses (claim);

create trigger agreements_keeps_rows before update or delete or truncate on agreements for each statement execute function refuse_change();
create trigger agreement_uses_keeps_rows before update or delete or truncate on agreement_uses for each statement execute function refuse_change();
