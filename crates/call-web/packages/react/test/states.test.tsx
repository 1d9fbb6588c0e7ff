import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { states } from "../fixtures/states.js";
import { violations } from "./axe.js";

for (const [name, show] of Object.entries(states)) {
  test(`no serious accessibility violation: ${name}`, async () => {
    const { container } = render(<main>{show()}</main>);
    expect(await violations(container)).toEqual([]);
  });
}
