insert into counters (name, value) values ('claims', 0);

-- Where each request or claim stands. Everything that happened to it is in claim_history; what is asked for stays in claim_lines.
-- approved_micros and written_off_micros: by the newest ruling while it is in review, as decided afterwards.
create table claims (
    id text primary key not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    number text not null,
    kind text not null check (kind in ('request', 'claim', 'deduction')),
    request text references claims (id),
    submitted_day integer not null,
    retained_until_day integer not null,
    fields text not null,
    content_digest text not null,
    claimed_micros integer not null,
    status text not null check (status in ('draft', 'held', 'in-review', 'approved', 'adjusted', 'denied', 'disputed', 'settled', 'withdrawn')),
    outcome text check (outcome in ('approved', 'adjusted', 'denied')),
    approved_micros integer not null check (approved_micros >= 0),
    written_off_micros integer not null check (written_off_micros >= 0),
    revision integer not null check (revision > 0),
    ruling integer not null check (ruling >= 0),
    settlement text,
    created_at text not null,
    unique (program, number)
) strict;

create index claims_account on claims (account, program, content_digest);
create index claims_request on claims (request) where request is not null;
create index claims_settlement on claims (settlement) where settlement is not null;

create table claim_lines (
    claim text not null references claims (id),
    number integer not null check (number > 0),
    claimed_micros integer not null,
    key text,
    fields text not null,
    primary key (claim, number)
) strict;

create index claim_lines_key on claim_lines (key) where key is not null;

create table claim_history (
    claim text not null references claims (id),
    revision integer not null check (revision > 0),
    event text not null,
    from_status text,
    to_status text not null,
    line integer,
    words text not null,
    actor text not null,
    at text not null,
    primary key (claim, revision)
) strict;

create table claim_rulings (
    claim text not null references claims (id),
    number integer not null check (number > 0),
    terms text not null references terms (id),
    component text not null,
    context blob not null,
    evidence blob not null,
    asked blob not null,
    output blob not null,
    log text not null,
    receipt text not null,
    created_at text not null,
    primary key (claim, number)
) strict;

create table claim_decisions (
    claim text not null,
    revision integer not null,
    line integer not null,
    ruling integer not null,
    approved_micros integer not null check (approved_micros >= 0),
    written_off_micros integer not null check (written_off_micros >= 0),
    reason text,
    primary key (claim, revision, line),
    foreign key (claim, revision) references claim_history (claim, revision)
) strict;

-- By the SHA-256 of the content.
create table files (
    digest text primary key not null,
    content blob not null,
    created_at text not null
) strict;

create table claim_attachments (
    claim text not null references claims (id),
    number integer not null check (number > 0),
    file text not null references files (digest),
    kind text not null,
    name text not null,
    media_type text not null,
    size integer not null,
    actor text not null,
    attached_at text not null,
    primary key (claim, number)
) strict;

create trigger claim_lines_keeps_rows before update on claim_lines begin select raise(abort, '`claim_lines` is append-only'); end;
create trigger claim_lines_loses_nothing before delete on claim_lines begin select raise(abort, '`claim_lines` is append-only'); end;
create trigger claim_history_keeps_rows before update on claim_history begin select raise(abort, '`claim_history` is append-only'); end;
create trigger claim_history_loses_nothing before delete on claim_history begin select raise(abort, '`claim_history` is append-only'); end;
create trigger claim_rulings_keeps_rows before update on claim_rulings begin select raise(abort, '`claim_rulings` is append-only'); end;
create trigger claim_rulings_loses_nothing before delete on claim_rulings begin select raise(abort, '`claim_rulings` is append-only'); end;
create trigger claim_decisions_keeps_rows before update on claim_decisions begin select raise(abort, '`claim_decisions` is append-only'); end;
create trigger claim_decisions_loses_nothing before delete on claim_decisions begin select raise(abort, '`claim_decisions` is append-only'); end;
create trigger claim_attachments_keeps_rows before update on claim_attachments begin select raise(abort, '`claim_attachments` is append-only'); end;
create trigger claim_attachments_loses_nothing before delete on claim_attachments begin select raise(abort, '`claim_attachments` is append-only'); end;
create trigger files_keeps_rows before update on files begin select raise(abort, '`files` is append-only'); end;
create trigger files_loses_nothing before delete on files begin select raise(abort, '`files` is append-only'); end;
