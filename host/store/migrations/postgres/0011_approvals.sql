insert into counters (name, value) values ('approvals', 0);

create table approval_rules (
    kind text collate "C" primary key not null check (kind in ('terms', 'request', 'claim', 'settlement', 'override')),
    above_micros bigint not null,
    four_eyes_above_micros bigint,
    due_days integer not null check (due_days >= 0)
);

create table authorities (
    approver text collate "C" not null,
    kind text collate "C" not null,
    limit_micros bigint,
    primary key (approver, kind)
);

create table delegations (
    id text primary key not null,
    delegator text collate "C" not null,
    delegate text collate "C" not null,
    start_day integer not null,
    end_day integer not null,
    check (start_day <= end_day)
);

create table approvals (
    id text primary key not null,
    number bigint not null unique,
    kind text collate "C" not null,
    subject text not null,
    title text not null,
    amount_micros bigint,
    unit text,
    author text collate "C" not null,
    due_day integer not null,
    needed bigint not null check (needed > 0),
    status text not null check (status in ('open', 'approved', 'rejected')),
    used_for text,
    asked_at timestamptz not null
);

create index approvals_subject on approvals (kind, subject);
create index approvals_open on approvals (number) where status = 'open';

create table approval_votes (
    approval text not null references approvals (id),
    number bigint not null,
    approver text not null,
    on_behalf_of text not null,
    verdict text not null check (verdict in ('approve', 'reject')),
    words text not null,
    said_at timestamptz not null,
    primary key (approval, number)
);

create trigger approval_votes_keeps_rows before update or delete or truncate on approval_votes for each statement execute function refuse_change();
