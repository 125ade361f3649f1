const WRITTEN =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2}))?$/;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const YEAR_MAX = 9_999;
const FIRST_MS = -62_167_219_200_000;
const LAST_MS = 253_402_300_799_999;

/**
 * Milliseconds since 1970 of a time in ISO 8601: a date, or date and time with an offset. What is finer than a
 * millisecond is cut off. Null for all else.
 */
export function msOfIso(written: string): number | null {
  const found = WRITTEN.exec(written);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found
    .slice(1, 7)
    .map((digits: string | undefined) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const isTime = hour <= 23 && minute <= 59 && second <= 59;
  const offsetMs = offsetOf(found[8] ?? 'Z');
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || !isTime || offsetMs === null)
    return null;
  const millis = Number((found[7] ?? '').padEnd(3, '0').slice(0, 3));
  const ofDay = hour * HOUR_MS + minute * MINUTE_MS + second * 1_000 + millis;
  return daysTo(year, month, day) * DAY_MS + ofDay - offsetMs;
}

function offsetOf(zone: string): number | null {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}

/** In UTC with milliseconds; null for what is no whole number, or not in the years 0 to 9999. */
export function isoOfMs(ms: number): string | null {
  if (!Number.isInteger(ms) || ms < FIRST_MS || ms > LAST_MS) return null;
  const days = Math.floor(ms / DAY_MS);
  const ofDay = ms - days * DAY_MS;
  const { year, month, day } = dateOf(days);
  const hour = Math.floor(ofDay / HOUR_MS);
  const minute = Math.floor((ofDay % HOUR_MS) / MINUTE_MS);
  const second = Math.floor((ofDay % MINUTE_MS) / 1_000);
  const time = `${digits(hour, 2)}:${digits(minute, 2)}:${digits(second, 2)}.${digits(ofDay % 1_000, 3)}`;
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}T${time}Z`;
}

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : MONTH_DAYS[month - 1]!;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const DAYS_TO_1970 = 719_528;

/** Days from 1970 to the first of January. */
function daysToYear(year: number): number {
  const before = year - 1;
  const leaps =
    year === 0 ? 0 : Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) + 1;
  return year * 365 + leaps - DAYS_TO_1970;
}

function daysTo(year: number, month: number, day: number): number {
  let days = daysToYear(year) + day - 1;
  for (let passed = 1; passed < month; passed++) days += daysIn(year, passed);
  return days;
}

function dateOf(days: number): { year: number; month: number; day: number } {
  // Never too early by more than one year.
  let year = Math.min(YEAR_MAX, Math.max(0, Math.floor((days + DAYS_TO_1970) / 365.2425)));
  while (year > 0 && daysToYear(year) > days) year--;
  while (year < YEAR_MAX && daysToYear(year + 1) <= days) year++;
  let left = days - daysToYear(year);
  let month = 1;
  for (; left >= daysIn(year, month); month++) left -= daysIn(year, month);
  return { year, month, day: left + 1 };
}
