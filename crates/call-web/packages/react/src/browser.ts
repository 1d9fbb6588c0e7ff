/** The browsers whose permission settings look different. */
export type BrowserFamily = "chrome" | "firefox" | "safari" | "ios" | "android" | "other";

/** Which instructions fit. Only for words: nothing depends on it. */
export function browserFamily(userAgent: string): BrowserFamily {
  if (/iPhone|iPad|iPod/.test(userAgent)) return "ios";
  if (/Android/.test(userAgent)) return "android";
  if (/Firefox\//.test(userAgent)) return "firefox";
  if (/Chrome\/|Chromium\/|Edg\//.test(userAgent)) return "chrome";
  if (/Safari\//.test(userAgent)) return "safari";
  return "other";
}
