insert into counters (name, value)
values ('documents', 0), ('holds', 0), ('issuers', 0), ('payment-batches', 0), ('settlement-policies', 0);

-- How accounts are settled with. The version with the highest number counts: a change is a row of its own.
create table payees (
    account text not null references accounts (id),
    version integer not null check (version > 0),
    details text not null,
    actor text not null,
    recorded_at text not null,
    primary key (account, version)
) strict;

-- Who writes the documents and pays. As above.
create table issuers (
    version integer primary key not null check (version > 0),
    details text not null,
    actor text not null,
    recorded_at text not null
) strict;

-- Thresholds, debit memos and days to pay. As above.
create table settlement_policies (
    version integer primary key not null check (version > 0),
    details text not null,
    actor text not null,
    recorded_at text not null
) strict;

create table holds (
    number integer primary key not null check (number > 0),
    account text references accounts (id),
    program text references programs (id),
    reason text not null,
    actor text not null,
    placed_at text not null,
    lifted_by text,
    lifted_at text,
    check (account is not null or program is not null),
    check ((lifted_by is null) = (lifted_at is null))
) strict;

-- Settlement documents. The number is taken from `counters` in the same transaction, so that none is left out. `json` is the document
-- to the byte: its files are made from it alone, and the digest is taken over it.
create table documents (
    number integer primary key not null check (number > 0),
    id text not null unique,
    account text not null references accounts (id),
    kind text not null check (kind in ('credit-memo', 'self-billed', 'debit-memo')),
    currency text not null,
    total_micros integer not null check (total_micros > 0),
    reverses integer unique references documents (number),
    json text not null,
    digest text not null,
    actor text not null,
    issued_at text not null,
    check (reverses < number)
) strict;

create index documents_account on documents (account);

-- Orders to the bank, kept as documents are.
create table payment_batches (
    number integer primary key not null check (number > 0),
    message text not null unique,
    currency text not null,
    json text not null,
    digest text not null,
    actor text not null,
    made_at text not null
) strict;

create table payments (
    end_to_end text primary key not null,
    batch integer not null references payment_batches (number),
    document integer not null references documents (number),
    attempt integer not null check (attempt > 0),
    amount_micros integer not null check (amount_micros > 0),
    unique (document, attempt)
) strict;

create index payments_batch on payments (batch);

-- What the bank said of each payment, as far as it changed anything.
create table payment_answers (
    payment text not null references payments (end_to_end),
    number integer not null check (number > 0),
    status text not null check (status in ('accepted', 'completed', 'rejected')),
    reason text,
    file_digest text not null,
    actor text not null,
    answered_at text not null,
    primary key (payment, number)
) strict;

create trigger payees_keeps_rows before update on payees begin select raise(abort, '`payees` is append-only'); end;
create trigger payees_loses_nothing before delete on payees begin select raise(abort, '`payees` is append-only'); end;
create trigger issuers_keeps_rows before update on issuers begin select raise(abort, '`issuers` is append-only'); end;
create trigger issuers_loses_nothing before delete on issuers begin select raise(abort, '`issuers` is append-only'); end;
create trigger settlement_policies_keeps_rows before update on settlement_policies begin select raise(abort, '`settlement_policies` is append-only'); end;
create trigger settlement_policies_loses_nothing before delete on settlement_policies begin select raise(abort, '`settlement_policies` is append-only'); end;
create trigger documents_keeps_rows before update on documents begin select raise(abort, '`documents` is append-only'); end;
create trigger documents_loses_nothing before delete on documents begin select raise(abort, '`documents` is append-only'); end;
create trigger payment_batches_keeps_rows before update on payment_batches begin select raise(abort, '`payment_batches` is append-only'); end;
create trigger payment_batches_loses_nothing before delete on payment_batches begin select raise(abort, '`payment_batches` is append-only'); end;
create trigger payments_keeps_rows before update on payments begin select raise(abort, '`payments` is append-only'); end;
create trigger payments_loses_nothing before delete on payments begin select raise(abort, '`payments` is append-only'); end;
create trigger payment_answers_keeps_rows before update on payment_answers begin select raise(abort, '`payment_answers` is append-only'); end;
create trigger payment_answers_loses_nothing before delete on payment_answers begin select raise(abort, '`payment_answers` is append-only'); end;
