/** Has the browser keep what is at a URL, which says itself that it is to be kept. */
export function keepFile(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.rel = "noopener";
  document.body.append(link);
  link.click();
  link.remove();
}
