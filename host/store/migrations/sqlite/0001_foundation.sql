-- Times are RFC 3339 text in UTC, days are numbers since 1970-01-01, amounts are whole millionths of their unit.

-- The last number given out by name. Whoever changes a row holds it until the end of the transaction, which is what puts
-- appends to the journal and to the audit log one after the other.
create table counters (
    name text primary key not null,
    value integer not null
) strict, without rowid;

insert into counters (name, value)
values ('accounts', 0), ('audit', 0), ('imports', 0), ('journal', 0), ('products', 0), ('sealed', 0), ('sources', 0);

create table accounts (
    id text primary key not null,
    ordinal integer not null unique,
    number text not null unique,
    name text not null,
    parent text references accounts (id),
    attributes text not null,
    created_at text not null
) strict;

create index accounts_parent on accounts (parent);

create table contacts (
    account text not null references accounts (id),
    email text not null,
    name text not null,
    role text not null,
    created_at text not null,
    primary key (account, email)
) strict;

create table products (
    id text primary key not null,
    ordinal integer not null unique,
    sku text not null unique,
    name text not null,
    category text not null,
    attributes text not null,
    created_at text not null
) strict;

create table imports (
    id text primary key not null,
    ordinal integer not null unique,
    file_name text not null,
    file_digest text not null,
    profile text not null,
    source text not null,
    accepted integer not null,
    duplicates integer not null,
    refused integer not null,
    actor text not null,
    started_at text not null,
    finished_at text
) strict;

create table sources (
    ordinal integer primary key not null,
    name text not null unique
) strict;

-- Accounts, products, sources and imports stand here by their ordinals, so that a row is small and has no text to compare.
create table journal (
    position integer primary key not null,
    source integer not null references sources (ordinal),
    key text not null,
    digest blob not null,
    import integer not null references imports (ordinal),
    kind integer not null check (kind between 0 and 7),
    account integer not null references accounts (ordinal),
    product integer references products (ordinal),
    end_customer integer references accounts (ordinal),
    date integer not null,
    order_date integer,
    ship_date integer,
    invoice_date integer,
    payment_date integer,
    scan_date integer,
    currency text not null,
    quantity_micros integer,
    net_amount_micros integer,
    gross_amount_micros integer,
    cost_micros integer,
    list_price_micros integer,
    attributes text,
    corrects integer references journal (position),
    recorded_at_micros integer not null,
    unique (source, key),
    check (corrects < position)
) strict;

create index journal_account on journal (account, date);
create unique index journal_corrects on journal (corrects) where corrects is not null;

create table segments (
    digest text primary key not null,
    month integer not null,
    bucket integer not null,
    buckets integer not null,
    row_count integer not null,
    first_position integer not null,
    last_position integer not null,
    days text not null,
    content blob not null,
    sealed_at text not null
) strict;

create index segments_bucket on segments (bucket, month);

create table plugin_components (
    digest text primary key not null,
    content blob not null
) strict;

create table plugin_versions (
    id text primary key not null,
    plugin text not null,
    version text not null,
    descriptor text not null,
    granted text not null,
    digest text not null references plugin_components (digest),
    status text not null check (status in ('active', 'retired')),
    installed_at text not null,
    installed_by text not null,
    unique (plugin, version)
) strict;

create table programs (
    id text primary key not null,
    code text not null unique,
    title text not null,
    currency text not null,
    calendar text not null,
    start_day integer not null,
    end_day integer,
    created_at text not null
) strict;

create table terms (
    id text primary key not null,
    program text not null references programs (id),
    version integer not null,
    valid_from integer not null,
    json text not null,
    plugin_version text not null references plugin_versions (id),
    component text not null references plugin_components (digest),
    created_at text not null,
    unique (program, version)
) strict;

create table account_programs (
    id text primary key not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    status text not null check (status in ('invited', 'declined', 'enrolled', 'opted-out')),
    enrolled_from integer,
    enrolled_until integer,
    agreed text not null,
    assessment text,
    created_at text not null,
    unique (program, account),
    check (enrolled_from <= enrolled_until),
    check (enrolled_from is not null or status in ('invited', 'declined'))
) strict;

create index account_programs_account on account_programs (account);

create table runs (
    id text primary key not null,
    program text not null references programs (id),
    period text not null,
    mode text not null check (mode in ('actual', 'what-if')),
    status text not null check (status in ('running', 'held', 'complete', 'failed')),
    as_of integer not null,
    workers integer not null,
    participants integer not null,
    posted integer not null,
    unchanged integer not null,
    ineligible integer not null,
    quarantined integer not null,
    row_count integer not null,
    actor text not null,
    started_at text not null,
    finished_at text
) strict;

create index runs_program on runs (program, period);

create table quarantine (
    id text primary key not null,
    run text not null references runs (id),
    program text not null references programs (id),
    account text not null references accounts (id),
    period text not null,
    reason text not null,
    log text not null,
    component text not null,
    context_digest text,
    rows_digest text,
    held_at text not null,
    resolved_by text references runs (id),
    resolved_at text
) strict;

create index quarantine_run on quarantine (run);
create index quarantine_open on quarantine (program, period, account) where resolved_by is null;

create table statements (
    id text primary key not null,
    program text not null references programs (id),
    period text not null,
    account text not null references accounts (id),
    revision integer not null,
    created_at text not null,
    unique (program, period, account)
) strict;

create index statements_account on statements (account);

create table revisions (
    statement text not null references statements (id),
    number integer not null check (number > 0),
    run text not null references runs (id),
    terms text not null references terms (id),
    component text not null,
    context_digest text not null,
    rows_digest text not null,
    row_count integer not null,
    context blob not null,
    output blob not null,
    log text not null,
    receipt text not null,
    created_at text not null,
    primary key (statement, number)
) strict;

create index revisions_run on revisions (run);

-- The ledger: an amount in one unit leaves one balance of a participant and reaches another. What brought it about is a revision of a
-- statement, or else the subject that the cause names, with a number for each thing that happened to it.
create table transfers (
    id text primary key not null,
    cause text not null check (cause in ('statement', 'fund', 'claim', 'settlement')),
    statement text,
    subject text,
    revision integer not null,
    line integer not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    period text,
    rule text not null,
    debit text not null,
    credit text not null,
    amount_micros integer not null check (amount_micros > 0),
    unit text not null,
    effective_day integer not null,
    expires_day integer,
    basis text,
    rate text,
    reason text not null check (reason in ('original', 'prior-period', 'rate-adjustment', 'reversal')),
    posted_at text not null,
    unique (statement, revision, line),
    foreign key (statement, revision) references revisions (statement, number),
    check ((statement is null) = (subject is not null)),
    check ((statement is null) = (cause <> 'statement')),
    check (statement is null or period is not null),
    check (debit <> credit)
) strict;

create unique index transfers_subject on transfers (subject, revision, line) where subject is not null;
create index transfers_account on transfers (account, program);
create index transfers_program on transfers (program, period);

create table signing_keys (
    id text primary key not null,
    public_key blob not null,
    created_at text not null
) strict;

-- A chain: every entry's digest is taken over its contents and the digest before it.
create table audit (
    sequence integer primary key not null,
    at text not null,
    actor text not null,
    action text not null,
    subject text not null,
    details text not null,
    previous text not null,
    digest text not null
) strict;

create trigger journal_keeps_rows before update on journal begin select raise(abort, '`journal` is append-only'); end;
create trigger journal_loses_nothing before delete on journal begin select raise(abort, '`journal` is append-only'); end;
create trigger terms_keeps_rows before update on terms begin select raise(abort, '`terms` is append-only'); end;
create trigger terms_loses_nothing before delete on terms begin select raise(abort, '`terms` is append-only'); end;
create trigger revisions_keeps_rows before update on revisions begin select raise(abort, '`revisions` is append-only'); end;
create trigger revisions_loses_nothing before delete on revisions begin select raise(abort, '`revisions` is append-only'); end;
create trigger transfers_keeps_rows before update on transfers begin select raise(abort, '`transfers` is append-only'); end;
create trigger transfers_loses_nothing before delete on transfers begin select raise(abort, '`transfers` is append-only'); end;
create trigger audit_keeps_rows before update on audit begin select raise(abort, '`audit` is append-only'); end;
create trigger audit_loses_nothing before delete on audit begin select raise(abort, '`audit` is append-only'); end;
