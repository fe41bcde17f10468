-- What nobody's consent is needed for any more: a claim was ruled on again, withdrawn, or is a duplicate. A check cannot be changed, so
-- that both tables are made anew.
create table approvals_before as select * from approvals;
create table approval_votes_before as select * from approval_votes;
drop table approval_votes;
drop table approvals;

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
    status text not null check (status in ('open', 'approved', 'rejected', 'withdrawn')),
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

insert into approvals select * from approvals_before;
insert into approval_votes select * from approval_votes_before;
drop table approvals_before;
drop table approval_votes_before;

create trigger approval_votes_keeps_rows before update on approval_votes begin select raise(abort, '`approval_votes` is append-only'); end;
create trigger approval_votes_loses_nothing before delete on approval_votes begin select raise(abort, '`approval_votes` is append-only'); end;
