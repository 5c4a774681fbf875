//! Dates in prompts: the part of C's `strftime` that chat templates use, in UTC and English.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `format` with its `%` fields filled in for this second since 1970; unknown fields stay as they are.
pub(super) fn strftime(format: &str, seconds: u64) -> String {
    let days = seconds / 86_400;
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let (year, month, day) = date(days);
    let month_name = MONTHS[(month as usize + 11) % 12];
    let day_name = DAYS[(days as usize + 4) % 7];
    let first = |name: &'static str| name.get(..3).unwrap_or(name);
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        out.push_str(&match chars.next() {
            Some('Y') => year.to_string(),
            Some('y') => format!("{:02}", year % 100),
            Some('m') => format!("{month:02}"),
            Some('d') => format!("{day:02}"),
            Some('e') => format!("{day:2}"),
            Some('B') => month_name.into(),
            Some('b') => first(month_name).into(),
            Some('A') => day_name.into(),
            Some('a') => first(day_name).into(),
            Some('H') => format!("{hour:02}"),
            Some('I') => format!("{:02}", (hour + 11) % 12 + 1),
            Some('M') => format!("{minute:02}"),
            Some('S') => format!("{second:02}"),
            Some('p') => if hour < 12 { "AM" } else { "PM" }.into(),
            Some('j') => format!("{:03}", days - first_day(year) + 1),
            Some('%') => "%".into(),
            Some(other) => format!("%{other}"),
            None => "%".into(),
        });
    }
    out
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The day since 1970 of a year's first of January.
fn first_day(year: u64) -> u64 {
    let before = year.saturating_sub(1);
    (before * 365 + before / 4 - before / 100 + before / 400).saturating_sub(719_162)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `date -u -d @SECONDS +FORMAT`
    #[test]
    fn agrees_with_date() {
        let all = "%Y-%m-%d %H:%M:%S %a %A %b %B %y %j %I %p %% %Q";
        assert_eq!(strftime(all, 0), "1970-01-01 00:00:00 Thu Thursday Jan January 70 001 12 AM % %Q");
        assert_eq!(strftime(all, 1_709_210_096), "2024-02-29 12:34:56 Thu Thursday Feb February 24 060 12 PM % %Q");
        assert_eq!(strftime("%d %b %Y|%e|%", 1_735_603_200), "31 Dec 2024|31|%");
        assert_eq!(strftime("%j", 1_735_603_200), "366");
    }
}
