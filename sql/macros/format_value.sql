-- One stored value for people, by its unit.
create or replace macro format_value(stored_value, unit) as
    case unit
        when 's' then format_duration(stored_value)
        when 'm' then
            if(abs(stored_value) >= 1000, printf('%.2f km', stored_value / 1000), printf('%.0f m', stored_value))
        when 'm/s' then format_duration(1000 / stored_value).replace(' min', '').replace(' s', ' s') || '/km'
        when '%' then printf('%.1f %%', round(stored_value, 1) + 0.0)
        when 'm/km' then printf('%.1f m/km', stored_value)
        when 'steps/min' then printf('%.0f steps/min', stored_value)
        when '1' then if(stored_value = round(stored_value), printf('%.0f', stored_value), printf('%.2f', stored_value))
        when 'share' then printf('%.0f %%', 100 * stored_value)
        when 'change' then printf('%+.0f %%', 100 * stored_value)
        when '0-10' then printf('%g', stored_value)
        when 'days' then printf('%g', stored_value)
        else printf('%g %s', round(stored_value, 2), unit)
    end
