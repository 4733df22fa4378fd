select 'normal' as tier, 1 as sequence
union all
select 'urgent' as tier, 2 as sequence
union all
select 'fast_track' as tier, 3 as sequence
