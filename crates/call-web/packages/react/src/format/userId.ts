/** Whether the server would take this as a user id: 1 to 128 characters, none of them white. */
export function isUserId(text: string): boolean {
  const length = [...text].length;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return length >= 1 && length <= 128 && !/[\s\u0000-\u001f\u007f-\u009f]/u.test(text);
}
