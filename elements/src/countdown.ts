// The wait before a resend. Pure: the time now is a parameter.

/** Milliseconds since 1970 of an RFC 3339 time or a Date; `undefined` for nothing or for no time. */
export function moment(value: Date | string | null | undefined): number | undefined {
  if (value == null || value === '') return undefined;
  const at = value instanceof Date ? value.getTime() : Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** Whole seconds left, rounded up, so that 0 means that the wait is over. */
export function secondsLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1000));
}

/** `75` as `1:15`. */
export function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
