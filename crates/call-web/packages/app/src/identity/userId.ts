/**
 * A user id made of a name: the same name is the same user, in every window. Letters of any
 * script stay; marks, spaces and signs do not.
 */
export function userIdOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
}

/** Whether the server would take this as a user id: 1 to 128 characters, none of them white. */
export function isUserId(text: string): boolean {
  const length = [...text].length;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return length >= 1 && length <= 128 && !/[\s\u0000-\u001f\u007f-\u009f]/u.test(text);
}
