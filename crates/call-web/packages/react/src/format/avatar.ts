/** At most two letters that stand for a name. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter((word) => word !== "");
  const first = firstLetter(words[0]);
  const last = words.length > 1 ? firstLetter(words[words.length - 1]) : "";
  const letters = `${first}${last}`.toLocaleUpperCase();
  return letters === "" ? "?" : letters;
}

function firstLetter(word: string | undefined): string {
  return word === undefined ? "" : ([...word][0] ?? "");
}

/** A hue (degrees) that is always the same for one user id: FNV-1a over its code points. */
export function hueOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (const character of userId) {
    hash ^= character.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  // Twelve well separated hues: near ones could not be told apart.
  return ((hash >>> 0) % 12) * 30 + 15;
}
