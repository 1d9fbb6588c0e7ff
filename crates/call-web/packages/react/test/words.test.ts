import { describe, expect, test } from "vitest";
import { browserFamily } from "../src/browser.js";
import { hueOf, initials } from "../src/format/avatar.js";
import { clockDuration, spokenDuration } from "../src/format/duration.js";
import { bitrate, inMilliseconds, listOf, percent } from "../src/format/text.js";
import { perceivedLevel } from "../src/sound/level.js";
import { english } from "../src/strings/english.js";
import { mergeStrings } from "../src/strings/strings.js";

describe("durations", () => {
  test("as a clock", () => {
    expect(clockDuration(0, "en")).toBe("0:00");
    expect(clockDuration(7_900, "en")).toBe("0:07");
    expect(clockDuration(247_000, "en")).toBe("4:07");
    expect(clockDuration(3_729_000, "en")).toBe("1:02:09");
    expect(clockDuration(-5, "en")).toBe("0:00");
  });
  test("in words, the two largest units", () => {
    expect(spokenDuration(12_000, "en")).toBe("12 sec");
    expect(spokenDuration(247_000, "en")).toBe("4 min 7 sec");
    expect(spokenDuration(240_000, "en")).toBe("4 min");
    expect(spokenDuration(3_729_000, "en")).toBe("1 hr 2 min");
  });
  test("in the reader's language", () => {
    expect(spokenDuration(12_000, "de")).toBe("12 Sek.");
  });
});

test("numbers carry their unit", () => {
  expect(bitrate(1_440_000, "en")).toBe("1.4 Mbit/s");
  expect(bitrate(64_000, "en")).toBe("64 kbit/s");
  expect(inMilliseconds(0.0384, "en")).toBe("38 ms");
  expect(percent(0.012, "en")).toBe("1.2%");
  expect(listOf(["Ann", "Bob", "Eve"], "en")).toBe("Ann, Bob, and Eve");
});

test("avatars: at most two letters, one hue for one id", () => {
  expect(initials("Ada Lindqvist")).toBe("AL");
  expect(initials("ben")).toBe("B");
  expect(initials("  ")).toBe("?");
  expect(initials("李 小龙")).toBe("李小");
  expect(initials("🦊 fox")).toBe("🦊F");
  expect(hueOf("ada")).toBe(hueOf("ada"));
  expect(hueOf("ada")).not.toBe(hueOf("ben"));
});

test("strings can be replaced in part", () => {
  const merged = mergeStrings(english, { hangUp: "Auflegen", endReasons: { busy: "Besetzt" } });
  expect(merged.hangUp).toBe("Auflegen");
  expect(merged.endReasons.busy).toBe("Besetzt");
  expect(merged.endReasons.declined).toBe(english.endReasons.declined);
  expect(merged.muteMicrophone).toBe("Mute microphone");
  expect(mergeStrings(english, undefined)).toBe(english);
});

test("loudness: silence is nothing, speech is most of the scale, nothing is above it", () => {
  expect(perceivedLevel(0)).toBe(0);
  expect(perceivedLevel(0.004)).toBe(0);
  expect(perceivedLevel(0.05)).toBeGreaterThan(0.4);
  expect(perceivedLevel(1)).toBe(1);
});

test("instructions fit the browser", () => {
  const chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36";
  expect(browserFamily(chrome)).toBe("chrome");
  expect(browserFamily("Mozilla/5.0 (X11; rv:128.0) Gecko/20100101 Firefox/128.0")).toBe("firefox");
  expect(browserFamily("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/604.1")).toBe("ios");
  expect(browserFamily("Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile")).toBe("android");
  expect(browserFamily("Mozilla/5.0 (Macintosh) Version/18.0 Safari/605.1.15")).toBe("safari");
  expect(browserFamily("curl")).toBe("other");
});
