-- name: latest_recommendations
-- grain: one row per principal, or thing that several hold, that ever had a recommendation, or a reason for none
-- reads: recommendations
-- keys: principal
-- why: a night remembers only what is new; what holds is the latest row that was there at the time, also a row which
--   says that the principal is gone
select *
from recommendations
where captured_at <= $as_of
qualify row_number() over (partition by principal order by captured_at desc, revision desc, key asc) = 1
