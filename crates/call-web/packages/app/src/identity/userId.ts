export { isUserId } from "call-react";

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
