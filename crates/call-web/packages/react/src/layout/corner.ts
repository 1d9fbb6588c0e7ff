/** Where the self view rests. */
export type Corner = "top-left" | "top-right" | "bottom-left" | "bottom-right";

/** The corner nearest to a point inside a container. */
export function nearestCorner(x: number, y: number, width: number, height: number): Corner {
  const side = x < width / 2 ? "left" : "right";
  return y < height / 2 ? `top-${side}` : `bottom-${side}`;
}

/** The corner reached by an arrow key. */
export function cornerByKey(corner: Corner, key: string): Corner {
  const [vertical, horizontal] = corner.split("-") as ["top" | "bottom", "left" | "right"];
  switch (key) {
    case "ArrowLeft":
      return `${vertical}-left`;
    case "ArrowRight":
      return `${vertical}-right`;
    case "ArrowUp":
      return `top-${horizontal}`;
    case "ArrowDown":
      return `bottom-${horizontal}`;
    default:
      return corner;
  }
}
