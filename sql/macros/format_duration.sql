-- Seconds for people: 45 s below two minutes, else 12:05 min.
create or replace macro format_duration(duration_s) as
    case
        when duration_s < 120 then printf('%.0f s', round(duration_s))
        else printf('%d:%02d min', cast(round(duration_s) as bigint) // 60, cast(round(duration_s) as bigint) % 60)
    end
