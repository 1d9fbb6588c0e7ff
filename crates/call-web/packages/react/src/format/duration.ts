/** `4:07`, `1:02:09`: a running or finished duration as a clock. Input in milliseconds. */
export function clockDuration(milliseconds: number, locale?: string): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const two = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2, useGrouping: false });
  const one = new Intl.NumberFormat(locale, { useGrouping: false });
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = two.format(total % 60);
  if (hours > 0) return `${one.format(hours)}:${two.format(minutes)}:${seconds}`;
  return `${one.format(minutes)}:${seconds}`;
}

function unit(value: number, name: "hour" | "minute" | "second", locale?: string): string {
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: name,
    unitDisplay: "short",
  }).format(value);
}

/** `12 sec`, `4 min 7 sec`, `1 hr 2 min`: the two largest units, for reading. */
export function spokenDuration(milliseconds: number, locale?: string): string {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = total % 60;
  if (hours > 0) {
    return minutes > 0
      ? `${unit(hours, "hour", locale)} ${unit(minutes, "minute", locale)}`
      : unit(hours, "hour", locale);
  }
  if (minutes > 0) {
    return seconds > 0
      ? `${unit(minutes, "minute", locale)} ${unit(seconds, "second", locale)}`
      : unit(minutes, "minute", locale);
  }
  return unit(seconds, "second", locale);
}
