insert into counters (name, value) values ('approvals', 0);

create table approval_rules (
    kind text primary key not null check (kind in ('terms', 'request', 'claim', 'settlement', 'override')),
    above_micros integer not null,
    four_eyes_above_micros integer,
    due_days integer not null check (due_days >= 0)
) strict;

create table authorities (
    approver text not null,
    kind text not null,
    limit_micros integer,
    primary key (approver, kind)
) strict;

create table delegations (
    id text primary key not null,
    delegator text not null,
    delegate text not null,
    start_day integer not null,
    end_day integer not null,
    check (start_day <= end_day)
) strict;

create table approvals (
    id text primary key not null,
    number integer not null unique,
    kind text not null,
    subject text not null,
    title text not null,
    amount_micros integer,
    unit text,
    author text not null,
    due_day integer not null,
    needed integer not null check (needed > 0),
    status text not null check (status in ('open', 'approved', 'rejected')),
    used_for text,
    asked_at text not null
) strict;

create index approvals_subject on approvals (kind, subject);
create index approvals_open on approvals (number) where status = 'open';

create table approval_votes (
    approval text not null references approvals (id),
    number integer not null,
    approver text not null,
    on_behalf_of text not null,
    verdict text not null check (verdict in ('approve', 'reject')),
    words text not null,
    said_at text not null,
    primary key (approval, number)
) strict;

create trigger approval_votes_keeps_rows before update on approval_votes begin select raise(abort, '`approval_votes` is append-only'); end;
create trigger approval_votes_loses_nothing before delete on approval_votes begin select raise(abort, '`approval_votes` is append-only'); end;
