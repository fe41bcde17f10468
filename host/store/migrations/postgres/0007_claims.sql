insert into counters (name, value) values ('claims', 0);

-- Where each request or claim stands. Everything that happened to it is in claim_history; what is asked for stays in claim_lines.
-- approved_micros and written_off_micros: by the newest ruling while it is in review, as decided afterwards.
create table claims (
    id text primary key not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    number text collate "C" not null,
    kind text not null check (kind in ('request', 'claim', 'deduction')),
    request text references claims (id),
    submitted_day integer not null,
    retained_until_day integer not null,
    fields text not null,
    content_digest text not null,
    claimed_micros bigint not null,
    status text not null check (status in ('draft', 'held', 'in-review', 'approved', 'adjusted', 'denied', 'disputed', 'settled', 'withdrawn')),
    outcome text check (outcome in ('approved', 'adjusted', 'denied')),
    approved_micros bigint not null check (approved_micros >= 0),
    written_off_micros bigint not null check (written_off_micros >= 0),
    revision bigint not null check (revision > 0),
    ruling bigint not null check (ruling >= 0),
    settlement text,
    created_at timestamptz not null,
    unique (program, number)
);

create index claims_account on claims (account, program, content_digest);
create index claims_request on claims (request) where request is not null;
create index claims_settlement on claims (settlement) where settlement is not null;

create table claim_lines (
    claim text not null references claims (id),
    number bigint not null check (number > 0),
    claimed_micros bigint not null,
    key text collate "C",
    fields text not null,
    primary key (claim, number)
);

create index claim_lines_key on claim_lines (key) where key is not null;

create table claim_history (
    claim text not null references claims (id),
    revision bigint not null check (revision > 0),
    event text not null,
    from_status text,
    to_status text not null,
    line bigint,
    words text not null,
    actor text not null,
    at timestamptz not null,
    primary key (claim, revision)
);

create table claim_rulings (
    claim text not null references claims (id),
    number bigint not null check (number > 0),
    terms text not null references terms (id),
    component text not null,
    context bytea not null,
    evidence bytea not null,
    asked bytea not null,
    output bytea not null,
    log text not null,
    receipt text not null,
    created_at timestamptz not null,
    primary key (claim, number)
);

create table claim_decisions (
    claim text not null,
    revision bigint not null,
    line bigint not null,
    ruling bigint not null,
    approved_micros bigint not null check (approved_micros >= 0),
    written_off_micros bigint not null check (written_off_micros >= 0),
    reason text,
    primary key (claim, revision, line),
    foreign key (claim, revision) references claim_history (claim, revision)
);

-- By the SHA-256 of the content.
create table files (
    digest text primary key not null,
    content bytea not null,
    created_at timestamptz not null
);

create table claim_attachments (
    claim text not null references claims (id),
    number bigint not null check (number > 0),
    file text not null references files (digest),
    kind text not null,
    name text not null,
    media_type text not null,
    size bigint not null,
    actor text not null,
    attached_at timestamptz not null,
    primary key (claim, number)
);

create trigger claim_lines_keeps_rows before update or delete or truncate on claim_lines for each statement execute function refuse_change();
create trigger claim_history_keeps_rows before update or delete or truncate on claim_history for each statement execute function refuse_change();
create trigger claim_rulings_keeps_rows before update or delete or truncate on claim_rulings for each statement execute function refuse_change();
create trigger claim_decisions_keeps_rows before update or delete or truncate on claim_decisions for each statement execute function refuse_change();
create trigger claim_attachments_keeps_rows before update or delete or truncate on claim_attachments for each statement execute function refuse_change();
create trigger files_keeps_rows before update or delete or truncate on files for each statement execute function refuse_change();
