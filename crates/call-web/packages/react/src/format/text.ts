import type { Strings } from "../strings/strings.js";

/** `Ann, Bob and Eve` in the language of the reader. */
export function listOf(names: readonly string[], locale?: string): string {
  return new Intl.ListFormat(locale, { style: "long", type: "conjunction" }).format(names);
}

/** Up to so many names stand in a title. */
const NAMES = 3;

/** `Ann, Bob and Eve`, or of more people `Ann and 7 others`. */
export function titleOf(
  names: readonly string[],
  strings: Pick<Strings, "andOthers">,
  locale?: string,
): string {
  const [first] = names;
  if (first === undefined || names.length <= NAMES) return listOf(names, locale);
  return strings.andOthers(first, new Intl.NumberFormat(locale).format(names.length - 1));
}

/** `1.4 Mbit/s`, `64 kbit/s`. Input in bits per second. */
export function bitrate(bitsPerSecond: number, locale?: string): string {
  const mega = bitsPerSecond >= 1_000_000;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: mega ? 1 : 0 });
  return mega
    ? `${number.format(bitsPerSecond / 1_000_000)} Mbit/s`
    : `${number.format(bitsPerSecond / 1000)} kbit/s`;
}

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** `812 byte`, `4.2 MB`. Input in bytes. */
export function byteSize(bytes: number, locale?: string): string {
  const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: SIZES[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
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
