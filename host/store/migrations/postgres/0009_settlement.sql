insert into counters (name, value)
values ('documents', 0), ('holds', 0), ('issuers', 0), ('payment-batches', 0), ('settlement-policies', 0);

-- How accounts are settled with. The version with the highest number counts: a change is a row of its own.
create table payees (
    account text not null references accounts (id),
    version bigint not null check (version > 0),
    details jsonb not null,
    actor text not null,
    recorded_at timestamptz not null,
    primary key (account, version)
);

-- Who writes the documents and pays. As above.
create table issuers (
    version bigint primary key not null check (version > 0),
    details jsonb not null,
    actor text not null,
    recorded_at timestamptz not null
);

-- Thresholds, debit memos and days to pay. As above.
create table settlement_policies (
    version bigint primary key not null check (version > 0),
    details jsonb not null,
    actor text not null,
    recorded_at timestamptz not null
);

create table holds (
    number bigint primary key not null check (number > 0),
    account text references accounts (id),
    program text references programs (id),
    reason text not null,
    actor text not null,
    placed_at timestamptz not null,
    lifted_by text,
    lifted_at timestamptz,
    check (account is not null or program is not null),
    check ((lifted_by is null) = (lifted_at is null))
);

-- Settlement documents. The number is taken from `counters` in the same transaction, so that none is left out. `json` is the document
-- to the byte: its files are made from it alone, and the digest is taken over it.
create table documents (
    number bigint primary key not null check (number > 0),
    id text not null unique,
    account text not null references accounts (id),
    kind text not null check (kind in ('credit-memo', 'self-billed', 'debit-memo')),
    currency text not null,
    total_micros bigint not null check (total_micros > 0),
    reverses bigint unique references documents (number),
    json text not null,
    digest text not null,
    actor text not null,
    issued_at timestamptz not null,
    check (reverses < number)
);

create index documents_account on documents (account);

-- Orders to the bank, kept as documents are.
create table payment_batches (
    number bigint primary key not null check (number > 0),
    message text not null unique,
    currency text not null,
    json text not null,
    digest text not null,
    actor text not null,
    made_at timestamptz not null
);

create table payments (
    end_to_end text collate "C" primary key not null,
    batch bigint not null references payment_batches (number),
    document bigint not null references documents (number),
    attempt bigint not null check (attempt > 0),
    amount_micros bigint not null check (amount_micros > 0),
    unique (document, attempt)
);

create index payments_batch on payments (batch);

-- What the bank said of each payment, as far as it changed anything.
create table payment_answers (
    payment text collate "C" not null references payments (end_to_end),
    number bigint not null check (number > 0),
    status text not null check (status in ('accepted', 'completed', 'rejected')),
    reason text,
    file_digest text not null,
    actor text not null,
    answered_at timestamptz not null,
    primary key (payment, number)
);

create trigger payees_keeps_rows before update or delete or truncate on payees for each statement execute function refuse_change();
create trigger issuers_keeps_rows before update or delete or truncate on issuers for each statement execute function refuse_change();
create trigger settlement_policies_keeps_rows before update or delete or truncate on settlement_policies for each statement execute function refuse_change();
create trigger documents_keeps_rows before update or delete or truncate on documents for each statement execute function refuse_change();
create trigger payment_batches_keeps_rows before update or delete or truncate on payment_batches for each statement execute function refuse_change();
create trigger payments_keeps_rows before update or delete or truncate on payments for each statement execute function refuse_change();
create trigger payment_answers_keeps_rows before update or delete or truncate on payment_answers for each statement execute function refuse_change();
