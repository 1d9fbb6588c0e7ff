/** `Ann, Bob and Eve` in the language of the reader. */
export function listOf(names: readonly string[], locale?: string): string {
  return new Intl.ListFormat(locale, { style: "long", type: "conjunction" }).format(names);
}

/** `1.4 Mbit/s`, `64 kbit/s`. Input in bits per second. */
export function bitrate(bitsPerSecond: number, locale?: string): string {
  const mega = bitsPerSecond >= 1_000_000;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: mega ? 1 : 0 });
  return mega
    ? `${number.format(bitsPerSecond / 1_000_000)} Mbit/s`
    : `${number.format(bitsPerSecond / 1000)} kbit/s`;
}

/** `38 ms`. Input in seconds. */
export function inMilliseconds(seconds: number, locale?: string): string {
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  return `${number.format(seconds * 1000)} ms`;
}

/** `1.2 %`. Input as a share of one. */
export function percent(share: number, locale?: string): string {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }).format(
    share,
  );
}
