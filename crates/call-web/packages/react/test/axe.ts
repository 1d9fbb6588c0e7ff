import axe from "axe-core";

/** Serious and critical violations in an element, in words. */
export async function violations(element: Element): Promise<string[]> {
  const result = await axe.run(element, {
    // Nothing is laid out or painted here: contrast is checked in a real browser.
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  return result.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}
