-- Days are numbers since 1970-01-01, amounts are whole millionths of their unit.

-- The last number given out by name. Whoever changes a row holds it until the end of the transaction, which is what puts
-- appends to the journal and to the audit log one after the other.
create table counters (
    name text primary key not null,
    value bigint not null
);

insert into counters (name, value)
values ('accounts', 0), ('audit', 0), ('imports', 0), ('journal', 0), ('products', 0), ('sealed', 0), ('sources', 0);

create table accounts (
    id text primary key not null,
    ordinal bigint not null unique,
    number text collate "C" not null unique,
    name text collate "C" not null,
    parent text references accounts (id),
    attributes jsonb not null,
    created_at timestamptz not null
);

create index accounts_parent on accounts (parent);

create table contacts (
    account text not null references accounts (id),
    email text collate "C" not null,
    name text collate "C" not null,
    role text not null,
    created_at timestamptz not null,
    primary key (account, email)
);

create table products (
    id text primary key not null,
    ordinal bigint not null unique,
    sku text collate "C" not null unique,
    name text collate "C" not null,
    category text not null,
    attributes jsonb not null,
    created_at timestamptz not null
);

create table imports (
    id text primary key not null,
    ordinal bigint not null unique,
    file_name text not null,
    file_digest text not null,
    profile text not null,
    source text not null,
    accepted bigint not null,
    duplicates bigint not null,
    refused bigint not null,
    actor text not null,
    started_at timestamptz not null,
    finished_at timestamptz
);

create table sources (
    ordinal bigint primary key not null,
    name text collate "C" not null unique
);

-- Accounts, products, sources and imports stand here by their ordinals, so that a row is small and has no text to compare.
create table journal (
    position bigint primary key not null,
    source bigint not null references sources (ordinal),
    key text not null,
    digest bytea not null,
    import bigint not null references imports (ordinal),
    kind smallint not null check (kind between 0 and 7),
    account bigint not null references accounts (ordinal),
    product bigint references products (ordinal),
    end_customer bigint references accounts (ordinal),
    date integer not null,
    order_date integer,
    ship_date integer,
    invoice_date integer,
    payment_date integer,
    scan_date integer,
    currency text not null,
    quantity_micros bigint,
    net_amount_micros bigint,
    gross_amount_micros bigint,
    cost_micros bigint,
    list_price_micros bigint,
    attributes jsonb,
    corrects bigint references journal (position),
    recorded_at_micros bigint not null,
    unique (source, key),
    check (corrects < position)
);

create index journal_account on journal (account, date);
create unique index journal_corrects on journal (corrects) where corrects is not null;

create table segments (
    digest text primary key not null,
    month integer not null,
    bucket integer not null,
    buckets integer not null,
    row_count bigint not null,
    first_position bigint not null,
    last_position bigint not null,
    days jsonb not null,
    content bytea not null,
    sealed_at timestamptz not null
);

create index segments_bucket on segments (bucket, month);

create table plugin_components (
    digest text primary key not null,
    content bytea not null
);

create table plugin_versions (
    id text primary key not null,
    plugin text collate "C" not null,
    version text collate "C" not null,
    descriptor text not null,
    granted text not null,
    digest text not null references plugin_components (digest),
    status text not null check (status in ('active', 'retired')),
    installed_at timestamptz not null,
    installed_by text not null,
    unique (plugin, version)
);

create table programs (
    id text primary key not null,
    code text collate "C" not null unique,
    title text not null,
    currency text not null,
    calendar text not null,
    start_day integer not null,
    end_day integer,
    created_at timestamptz not null
);

create table terms (
    id text primary key not null,
    program text not null references programs (id),
    version bigint not null,
    valid_from integer not null,
    json text not null,
    plugin_version text not null references plugin_versions (id),
    component text not null references plugin_components (digest),
    created_at timestamptz not null,
    unique (program, version)
);

create table account_programs (
    id text primary key not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    status text not null check (status in ('invited', 'declined', 'enrolled', 'opted-out')),
    enrolled_from integer,
    enrolled_until integer,
    agreed jsonb not null,
    assessment jsonb,
    created_at timestamptz not null,
    unique (program, account),
    check (enrolled_from <= enrolled_until),
    check (enrolled_from is not null or status in ('invited', 'declined'))
);

create index account_programs_account on account_programs (account);

create table runs (
    id text primary key not null,
    program text not null references programs (id),
    period text collate "C" not null,
    mode text not null check (mode in ('actual', 'what-if')),
    status text not null check (status in ('running', 'held', 'complete', 'failed')),
    as_of bigint not null,
    workers bigint not null,
    participants bigint not null,
    posted bigint not null,
    unchanged bigint not null,
    ineligible bigint not null,
    quarantined bigint not null,
    row_count bigint not null,
    actor text not null,
    started_at timestamptz not null,
    finished_at timestamptz
);

create index runs_program on runs (program, period);

create table quarantine (
    id text primary key not null,
    run text not null references runs (id),
    program text not null references programs (id),
    account text not null references accounts (id),
    period text collate "C" not null,
    reason text not null,
    log text not null,
    component text not null,
    context_digest text,
    rows_digest text,
    held_at timestamptz not null,
    resolved_by text references runs (id),
    resolved_at timestamptz
);

create index quarantine_run on quarantine (run);
create index quarantine_open on quarantine (program, period, account) where resolved_by is null;

create table statements (
    id text primary key not null,
    program text not null references programs (id),
    period text collate "C" not null,
    account text not null references accounts (id),
    revision bigint not null,
    created_at timestamptz not null,
    unique (program, period, account)
);

create index statements_account on statements (account);

create table revisions (
    statement text not null references statements (id),
    number bigint not null check (number > 0),
    run text not null references runs (id),
    terms text not null references terms (id),
    component text not null,
    context_digest text not null,
    rows_digest text not null,
    row_count bigint not null,
    context bytea not null,
    output bytea not null,
    log text not null,
    receipt text not null,
    created_at timestamptz not null,
    primary key (statement, number)
);

create index revisions_run on revisions (run);

-- The ledger: an amount in one unit leaves one balance of a participant and reaches another. What brought it about is a revision of a
-- statement, or else the subject that the cause names, with a number for each thing that happened to it.
create table transfers (
    id text primary key not null,
    cause text not null check (cause in ('statement', 'fund', 'claim', 'settlement')),
    statement text,
    subject text collate "C",
    revision bigint not null,
    line bigint not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    period text collate "C",
    rule text collate "C" not null,
    debit text collate "C" not null,
    credit text collate "C" not null,
    amount_micros bigint not null check (amount_micros > 0),
    unit text collate "C" not null,
    effective_day integer not null,
    expires_day integer,
    basis text,
    rate text,
    reason text not null check (reason in ('original', 'prior-period', 'rate-adjustment', 'reversal')),
    posted_at timestamptz not null,
    unique (statement, revision, line),
    foreign key (statement, revision) references revisions (statement, number),
    check ((statement is null) = (subject is not null)),
    check ((statement is null) = (cause <> 'statement')),
    check (statement is null or period is not null),
    check (debit <> credit)
);

create unique index transfers_subject on transfers (subject, revision, line) where subject is not null;
create index transfers_account on transfers (account, program);
create index transfers_program on transfers (program, period);

create table signing_keys (
    id text primary key not null,
    public_key bytea not null,
    created_at timestamptz not null
);

-- A chain: every entry's digest is taken over its contents and the digest before it.
create table audit (
    sequence bigint primary key not null,
    at timestamptz not null,
    actor text not null,
    action text not null,
    subject text not null,
    details text not null,
    previous text not null,
    digest text not null
);

-- SQLite's `json_each`, as far as it is used here: a list goes into one parameter by the same text on both engines.
create function json_each(list text) returns table (value text) language sql immutable strict
as $$ select jsonb_array_elements_text(cast(list as jsonb)) $$;

create function refuse_change() returns trigger language plpgsql
as $$ begin raise exception '`%` is append-only', tg_table_name; end $$;

create trigger journal_keeps_rows before update or delete or truncate on journal for each statement execute function refuse_change();
create trigger terms_keeps_rows before update or delete or truncate on terms for each statement execute function refuse_change();
create trigger revisions_keeps_rows before update or delete or truncate on revisions for each statement execute function refuse_change();
create trigger transfers_keeps_rows before update or delete or truncate on transfers for each statement execute function refuse_change();
create trigger audit_keeps_rows before update or delete or truncate on audit for each statement execute function refuse_change();
