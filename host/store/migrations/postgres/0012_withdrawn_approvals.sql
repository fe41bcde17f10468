-- What nobody's consent is needed for any more: a claim was ruled on again, withdrawn, or is a duplicate.
alter table approvals
    drop constraint approvals_status_check,
    add constraint approvals_status_check check (status in ('open', 'approved', 'rejected', 'withdrawn'));
